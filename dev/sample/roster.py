"""The class lists: key (the address before the @), name, level from 0 to 1, and the classes each is entered in."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """A line of a class list."""

    key: str
    name: str
    level: float
    groups: tuple[str, ...]


def _entries(lines: str) -> tuple[Entry, ...]:
    fields = (line.split("|") for line in lines.strip().splitlines())
    return tuple(
        Entry(key.strip(), name.strip(), float(level), tuple(groups.split())) for key, name, level, groups in fields
    )


MPSI = _entries("""
gabrielle.aubert        | Gabrielle Aubert                   | 0.78 | a1
ines.benali             | Inès Benali                        | 0.62 | a1
theo.bonnard            | Théo Bonnard                       | 0.35 | a1
eloise.brule            | Éloïse Brûlé                       | 0.90 | a1
arthur.castaing         | Arthur Castaing                    | 0.55 | a1
noa.cohen               | Noa Cohen (נועה כהן)               | 0.81 | a1
apolline.delatourdupin  | Apolline de La Tour du Pin         | 0.97 | a1
mathis.delmas           | Mathis Delmas                      | 0.48 | a1
aminata.diallo          | Aminata Diallo                     | 0.84 | a1
victor.dufresne         | Victor Dufresne                    | 0.22 | a1
yasmine.elidrissi       | Yasmine El Idrissi (ياسمين الإدريسي) | 0.93 | a1
clement.faivre          | Clément Faivre                     | 0.58 | a1
lea.fournier            | Léa Fournier                       | 0.71 | a2
hugo.garcia-prado       | Hugo García-Prado                  | 0.40 | a2
maelys.gauthier         | Maëlys Gauthier                    | 0.66 | a2
francois-xavier.harcourt | François-Xavier d’Harcourt        | 0.52 | a2
oscar.kjaergaard        | Oscar Kjærgaard                    | 0.74 | a2
maiwenn.leguennec       | Maïwenn Le Guennec                 | 0.69 | mpsi a2
anais.leveque-chateau   | Anaïs Lévêque-Château              | 0.45 | a2
samuel.lopes            | Samuel Lopes                       | 0.30 | a2
jeanne.marchand         | Jeanne Marchand                    | 0.86 | b1
raphael.mercier         | Raphaël Mercier                    | 0.60 | b1
kevin.morvan            | Kévin Morvan                       | 0.26 | b1
jean-noel.ndiaye        | Jean-Noël N'Diaye                  | 0.73 | b1
chloe.nguyen            | Chloé Nguyễn                       | 0.88 | b1
louis.oudin             | Louis Oudin                        | 0.50 | b1
dimitra.papadopoulou    | Dimitra Papadopoulou (Δήμητρα)     | 0.64 | b1
camille.petit           | Camille Petit                      | 0.43 | b1
emma.petit              | Emma Petit                         | 0.57 | b1
lucas.rey               | Lucas Rey                          | 0.38 | b2
maxence.roussel         | Maxence Roussel                    | 0.61 | b2
sarah.sanchez           | Sarah Sánchez                      | 0.76 | b2
olena.chevtchenko       | Олена Шевченко (Olena Chevtchenko) | 0.54 | b2
gaspard.tissot          | Gaspard Tissot                     | 0.67 | b2
agathe.valentin         | Agathe Valentin                    | 0.80 | b2
lukasz.wojcik           | Łukasz Wójcik                      | 0.47 | b2
wei.zhang               | Zhang Wei (张伟)                   | 0.91 | b2
baptiste.arnoux         | Baptiste Arnoux                    | 0.50 | a2
margaux.tessier         | Margaux Tessier                    | 0.50 | b1
lilian.zerbib           | Lilian Zerbib                      | 0.50 | b2
""")

PCSI = _entries("""
elsa.bouvier            | Elsa Bouvier                       | 0.90 | pcsi
adrien.kasongo          | Adrien Kasongo                     | 0.55 | pcsi
lison.pruvost           | Lison Pruvost                      | 0.30 | pcsi
""")

TERMINALE = _entries("""
adele.fontanel          | Adèle Fontanel                     | 0.92 | tp1
basile.quentin          | Basile Quentin                     | 0.66 | tp1
celeste.amsellem        | Céleste Amsellem                   | 0.80 | tp1
dorian.haddad           | Dorian Haddad                      | 0.35 | tp1
enora.lebihan           | Enora Le Bihan                     | 0.73 | tp1
florian.weber           | Florian Weber                      | 0.50 | tp1
gwenaelle.prigent       | Gwenaëlle Prigent                  | 0.86 | tp1
hippolyte.caron         | Hippolyte Caron                    | 0.20 | tp2
isaure.montreuil        | Isaure Montreuil                   | 0.59 | tp2
jade.perrot             | Jade Perrot                        | 0.77 | tp2
kenza.ouali             | Kenza Ouali                        | 0.69 | tp2
leon.schmitt            | Léon Schmitt                       | 0.44 | tp2
mohamed-amine.trabelsi  | Mohamed-Amine Trabelsi             | 0.83 | tp2
nina.vasseur            | Nina Vasseur                       | 0.55 | tp2
octave.baudry           | Octave Baudry                      | 0.50 | tp2
pauline.gilbert         | Pauline Gilbert                    | 0.63 | tp2
""")

NSI = _entries("""
lina.garnier            | Lina Garnier                       | 0.90 | default g1
tom.lecoq               | Tom Lecoq                          | 0.62 | default g1
jade.perrot             | Jade Perrot                        | 0.77 | default g1
dorian.haddad           | Dorian Haddad                      | 0.35 | default g1
leon.schmitt            | Léon Schmitt                       | 0.44 | default g1
rania.hamdi             | Rania Hamdi                        | 0.81 | default g1
simon.peyrot            | Simon Peyrot                       | 0.28 | default g1
ulysse.ferrand          | Ulysse Ferrand                     | 0.57 | default g2
violette.chauvin        | Violette Chauvin                   | 0.95 | default g2
william.osei            | William Osei                       | 0.68 | default g2
xavier.boissy           | Xavier Boissy                      | 0.15 | default g2
yanis.merabet           | Yanis Merabet                      | 0.49 | default g2
zoe.lambert-ruiz        | Zoé Lambert-Ruiz                   | 0.74 | default g2
noemie.delage           | Noémie Delage                      | 0.50 | default
""")

SECONDE = _entries("""
ambre.colin             | Ambre Colin                        | 0.90 | s4
bilal.rahmani           | Bilal Rahmani                      | 0.60 | s4
coline.jacquot          | Coline Jacquot                     | 0.35 | s4
diego.fernandes         | Diego Fernandes                    | 0.75 | s4
eva.roche               | Éva Roche                          | 0.10 | s4
""")
