"""The computer science exam (NSI, terminale), on 20 points, set to the whole course."""

from datetime import datetime

from dev.sample.identity import identifier
from dev.sample.model import Paper
from dev.sample.people import INFORMATICS, INFORMATICS_CLASSES, KABORE
from dev.sample.subjects.writing import chapters, criterion, mcq, question, section, table, text

_PROGRAMMATION = section(
    "Listes, récursivité, complexité",
    question(
        "1.1",
        3,
        "Écrire une fonction `maximum(liste)` qui renvoie le plus grand élément d'une liste non vide d'entiers, "
        "sans utiliser `max` ni de tri.",
        label="1.1",
        type="CODE",
        template="def maximum(liste):\n    ",
        rubric=(
            criterion("Initialisation", (1, "avec un élément de la liste"), (0, "avec une constante")),
            criterion("Parcours", (1, "unique et complet"), (0.5, "multiple"), (0, "incorrect")),
            criterion("Valeur renvoyée", (1, "correcte"), (0, "absente ou mal placée")),
        ),
    ),
    question(
        "1.2",
        1,
        "Qu'affiche le programme suivant ?\na = [1, 2]\nb = a\nb.append(3)\nprint(a)",
        label="1.2",
    ),
    question(
        "1.3",
        3,
        "Écrire une fonction récursive `somme_chiffres(n)` qui renvoie la somme des chiffres d'un entier naturel. "
        "Par exemple, `somme_chiffres(2025)` renvoie `9`.",
        label="1.3",
        type="CODE",
    ),
    question(
        "1.4",
        3,
        "Donner, en la justifiant, la complexité de la recherche dichotomique dans une liste triée de $n$ éléments. "
        "Combien d'étapes au plus pour $n=10^6$ ?",
        label="1.4",
    ),
    label="Exercice 1",
)

_BASES_DE_DONNEES = section(
    "Une base de données de librairie",
    question(
        "2.1",
        2,
        "Écrire une requête qui donne le titre et le prix des livres coûtant strictement moins de 10 €, "
        "dans l'ordre alphabétique des titres.",
        label="2.1",
        type="CODE",
        template="SELECT ",
    ),
    question(
        "2.2",
        3,
        "Écrire une requête qui donne le nom des auteurs d'au moins trois livres, avec leur nombre de livres.",
        label="2.2",
        type="CODE",
    ),
    question("2.3", 2, "Qu'est-ce qu'une clé étrangère ? À quoi sert-elle ici ?", label="2.3", by_parts=True),
    mcq(
        "2.4",
        "Cocher les opérations que le système de gestion de base de données refuse, sachant que `Livre.id_auteur` "
        "est une clé étrangère.",
        (
            ("Insérer un livre dont `id_auteur` n'existe pas dans `Auteur`.", True, 1.0),
            ("Insérer deux livres de même titre.", False, -1.0),
            ("Insérer deux livres de même `id`.", True, 1.0),
            ("Supprimer un auteur auquel un livre fait encore référence.", True, 1.0),
            ("Supprimer un livre.", False, -1.0),
        ),
        label="2.4",
    ),
    label="Exercice 2",
    intro=[
        text("Une librairie utilise deux tables, dont voici quelques lignes. La clé primaire de chacune est id."),
        table(
            (text("Livre.id"), text("titre"), text("prix"), text("id_auteur")),
            (text("1"), text("Les Misérables"), text("9.90"), text("1")),
            (text("2"), text("L'Étranger"), text("7.50"), text("2")),
            (text("3"), text("La Peste"), text("10.20"), text("2")),
            widths=[80, 140, 70, 90],
        ),
        table(
            (text("Auteur.id"), text("nom")),
            (text("1"), text("Victor Hugo")),
            (text("2"), text("Albert Camus")),
            widths=[80, 140],
        ),
    ],
)

INFORMATIQUE = Paper(
    id=identifier("exam", "informatique"),
    key="informatique",
    title="Devoir de NSI : algorithmique et bases de données",
    description=None,
    course=INFORMATICS,
    chapters=chapters("informatique", _PROGRAMMATION, _BASES_DE_DONNEES),
    author=KABORE,
    starts=datetime(2025, 12, 3, 9, 0),
    minutes=90,
    groups=(INFORMATICS_CLASSES["default"],),
)
