"""French: every text in it, with its typography, a no-break space before `:`, `;`, `!`, `?` and inside « »."""

import re
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, TypeVar

from contracts.options import Language
from contracts.plural import Countable
from services.renderer.language.document_words import (
    AreaWords,
    BookmarkWords,
    CopyWords,
    FaultWords,
    FormulaWords,
    FrontWords,
    GraphWords,
    ImageWords,
    SheetWords,
    SpokenWords,
    StateWords,
    WarningWords,
)
from services.renderer.language.french_signs import SIGNS
from services.renderer.language.shapes import DateWords
from services.renderer.language.words import NBSP, CommandWords, FailureWords, FileWords, PhaseWords, Words

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Group = TypeVar("Group", bound="DataclassInstance")


def _spaced(group: Group) -> Group:
    """The same texts with a no-break space before their high signs and inside their quotation marks."""
    texts = {field.name: getattr(group, field.name) for field in fields(group)}
    changes: dict[str, Any] = {
        name: re.sub(r" (?=[:;!?»])|(?<=«) ", NBSP, text) for name, text in texts.items() if isinstance(text, str)
    }
    return replace(group, **changes)


_TYPED = Words(
    language=Language.FR,
    colon=f"{NBSP}:",
    decimal_sign=",",
    dates=DateWords(
        months=tuple(
            "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()  # noqa: SIM905
        ),
        first_day="1er",
        moment="{date} à {hour}\u00a0h\u00a0{minute:02d} ({zone})",
    ),
    copies=CopyWords(
        student_answer="Réponse de l’élève",
        no_answer="Pas de réponse",
        not_graded="non noté",
        unreadable="illisible",
        comment="Commentaire",
        total="Note",
        out_of="sur",
        on_twenty="soit",
        partial_total="total provisoire",
        submitted="Copie rendue le",
        name_place="Nom de l'élève",
        image_undescribed="Image sans description",
        continued="Question {} (suite)",
        not_submitted="Date de remise inconnue",
        in_grading="Correction en cours",
        ungraded="Copie non corrigée",
        unanswered="sans réponse",
        auto="automatique",
        ai="IA",
        teacher="enseignant",
        harmonised="harmonisé",
        criteria="Critères",
        all_required="Toutes les bonnes réponses sont exigées, et elles seules.",
        several="Les bonnes réponses rapportent une partie des points.",
        ticked="cochée",
        unticked="non cochée",
        right="correcte",
        wrong="incorrecte",
        expected="attendue",
        unknown_option="proposition supprimée de l’examen",
        question="Question",
        placeholder="Cette copie n’a pas pu être mise en page",
        image_missing="Image non affichée",
        marks_hidden="signes",
        copy="Copie",
    ),
    front=FrontWords(
        report="Copies corrigées",
        teachers="Document pour les enseignants",
        jury="Document pour le jury",
        anonymous="Document anonyme",
        as_of="Notes au",
        headcount="Effectif",
        enrolled=Countable("inscrit", "inscrits"),
        graded=Countable("corrigée", "corrigées"),
        in_grading=Countable("en correction", "en correction"),
        ungraded=Countable("non corrigée", "non corrigées"),
        not_handed_in=Countable("non rendue", "non rendues"),
        absent=Countable("absent", "absents"),
        statistics="Résultats",
        statistics_scope="Seules les copies entièrement corrigées sont comptées. Quartiles et écart type de la série "
        "; valeurs arrondies au centième, une seule fois.",
        no_graded="Aucune copie n’est encore entièrement corrigée.",
        mean="moyenne",
        median="médiane",
        first_quartile="1er quartile",
        third_quartile="3e quartile",
        deviation="écart type",
        minimum="minimum",
        maximum="maximum",
        histogram="Répartition des notes",
        histogram_bar="de {} à {}, nombre de copies {}",
        beyond=Countable(
            "{} note hors du barème est comptée dans la barre la plus proche.",
            "{} notes hors du barème sont comptées dans la barre la plus proche.",
        ),
        success="Réussite par question",
        success_note="Part des points obtenus, en moyenne, par les copies corrigées.",
        left_out="Copies d’une autre variante",
        left_out_state="{}, variante « {} »",
        left_out_note="Comptées dans l’effectif, mais ni reproduites ici ni comptées dans les résultats : leurs "
        "questions sont différentes. Exportez chaque variante à part.",
        begun="Copies commencées et non rendues",
        absentees="Élèves absents",
        warnings="À vérifier",
        warnings_note="Ce qui n’a pas pu être repris tel quel.",
        more_warnings="Et d’autres, non listés.",
        contents="Copies",
        legend="Lire ce document",
        legend_score="La note de chaque question est dans la marge, jamais dans la réponse : tous les points, une "
        "partie, aucun, ou non noté. « Non noté » n’est pas zéro.",
        legend_frame="Le cadre gris à barre sombre contient ce que l’élève a écrit, tel quel. Un caractère invisible "
        "y est montré par son code.",
        legend_ticks="Questions à choix : case pleine et coche, réponse juste ; case pleine et croix, réponse fausse "
        "; case cernée de vert, bonne réponse non cochée.",
        legend_origin="Sous la note : qui l’a donnée (enseignant, IA, automatique) et, si elle a été harmonisée, sa "
        "valeur avant et après.",
        legend_rounding="Les points sont arrondis au centième le plus proche (demi vers le haut), à l’affichage "
        "seulement.",
        signatures="Signatures du jury",
        signature_name="Nom",
        signature="Signature",
        logo="Logo",
        number="Question",
        mean_points="Moyenne",
        rate="Réussite",
    ),
    warnings=WarningWords(
        copy_lost="Cette copie n’a pas pu être composée : {}",
        faults=FaultWords(
            timeout="sa mise en page demande trop de temps.",
            memory="sa mise en page demande trop de mémoire.",
            crash="sa mise en page a été interrompue.",
            error="son contenu n’a pas pu être mis en page.",
        ),
        duplicates="Plusieurs copies du même élève : la dernière rendue est gardée, une copie corrigée passant avant "
        "les autres ; {} laissée(s) de côté.",
        variant_left_out="{} copie(s) de la variante « {} » ne sont pas dans cet export : ses questions sont "
        "différentes. Exportez cette variante à part.",
        mark_unreadable="Question {} : la note enregistrée n’est pas un nombre. Elle est illisible et n’est pas "
        "comptée ; le total est provisoire. Notez de nouveau cette réponse dans Correcta.",
        maximum_unreadable="Question {} : des points du barème ne sont pas des nombres et ne sont pas comptés. "
        "Corrigez le barème dans Correcta.",
        not_listed="{} autres avertissements ne sont pas listés.",
        controls_shown="des caractères invisibles ou de contrôle sont montrés.",
        as_typed="texte imprimé tel que saisi, formules et images comprises ; vérifier dans Correcta.",
        formula_wide="formule plus large que la page ; sa source est imprimée.",
        formula_high="formule plus haute que la page ; sa source est imprimée.",
        formulas_over="trop de formules dans cette copie ; la source des dernières est imprimée.",
        truncated="Réponse coupée ici : elle dépasse la longueur maximale. Le texte entier est dans Correcta.",
        table_truncated="Tableau coupé ici : il dépasse la taille maximale.",
    ),
    images=ImageWords(
        too_heavy="elle est trop lourde.",
        too_many_pixels="elle a trop de pixels.",
        unknown_format="ce n’est pas une image PNG, JPEG, GIF, WebP, BMP ou SVG.",
        heic="c’est une photo HEIC (iPhone) ; enregistrée en JPEG, elle s’imprime.",
        external_content="ce dessin SVG renvoie à d’autres fichiers, qui ne sont pas chargés.",
        unprintable_drawing="ce dessin SVG contient du texte que seul un navigateur dispose ; en PNG, il s’imprime.",
        too_complex="ce dessin SVG est trop complexe ; en PNG, il s’imprime.",
        damaged="le fichier est abîmé.",
        incomplete="la fin du fichier manque : le bas de l’image n’est pas affiché.",
        unreadable="son contenu est illisible.",
        forbidden_address="son adresse n’est pas une adresse autorisée.",
        not_found="elle n’a pas été trouvée.",
        unreachable="son serveur ne répond pas.",
        too_slow="son serveur n’a pas répondu à temps.",
        redirected="son serveur renvoie ailleurs.",
        compressed="son serveur l’envoie compressée.",
    ),
    graphs=GraphWords(
        axes="Graphique : abscisses de {x_min} à {x_max}, ordonnées de {y_min} à {y_max}",
        named_axes="axe horizontal : {x}, axe vertical : {y}",
        function="courbe {name}d’équation y égale {expression}",
        shifted=", décalée de {right} en abscisse et de {up} en ordonnée, multipliée par {scale}",
        point="point {name}{at}",
        segment="segment {name}de {start} à {end}",
        line="droite {name}passant par {start} et {end}",
        ray="demi-droite {name}d’origine {start} passant par {end}",
        curve="arc {name}de {start} à {end}",
        named="{name} ",
        area="zone {name}{mode}",
        areas=AreaWords(
            polygon="coloriée",
            under_function="sous une courbe",
            between_functions="entre deux courbes",
            between_line_and_function="entre une droite et une courbe",
            bounded_region="délimitée",
        ),
        text="texte : {text}",
        more="et {count} autres éléments",
        nothing="aucun tracé",
        unread="{count} fonction(s) du graphique n’ont pas pu être lues : leur courbe manque.",
        axes_replaced="Les axes du graphique ne sont pas utilisables : ils vont de −5 à 5.",
        left_out="Le graphique a trop d’éléments : {count} ne sont pas tracés.",
        unresolved="{count} zone(s) du graphique n’ont pas pu être délimitées.",
        pointless="{count} fonction(s) du graphique n’ont aucun point dans le repère.",
        outside="{count} élément(s) du graphique sont hors du repère et n’y figurent pas.",
        pair="({x} ; {y})",
    ),
    formulas=FormulaWords(
        locale="fr",
        signs=SIGNS,
        unreadable="formule non lisible",
        empty="formule vide",
        spoken_command="commande {} inconnue",
        spoken=SpokenWords(
            end_of_index="fin de l'indice",
            end_of_exponent="fin de l'exposant",
            whole="le tout",
            bar_over="barre sur",
            end_of_bar="fin de la barre",
            star="étoile",
            plus="plus",
            minus="moins",
            unique="un unique",
            cross="vectoriel",
            partial=("d rond", "d rond deux", "d rond trois"),
            angle="angle",
            modulo="modulo",
            gives="donne",
            bonds=("liaison simple", "liaison double", "liaison triple"),
        ),
        to_check=" : formule à vérifier",
        source_printed=" : la source de la formule est imprimée",
        unknown_command="commande inconnue {}",
        doubled_backslashes="barres obliques inverses doublées",
        repeated_script="deux indices ou deux exposants de suite",
        lone_brace="accolade sans sa pareille",
        left_open="délimiteur ou environnement non fermé",
        unknown_environment="environnement inconnu {}",
        missing_argument="argument manquant",
        no_glyph="caractère sans dessin {}",
        invalid="source incorrecte",
        too_long="formule trop longue",
        too_deep="formule trop imbriquée",
        too_large="formule trop grande pour une page",
        illegible="formule illisible",
        unfaithful="dessin différent de ce qui est écrit",
        own_commands="la formule définit ses propres commandes",
        colour_ignored="couleur inconnue ou illisible, non suivie",
    ),
    bookmarks=BookmarkWords(summary="Synthèse", no_class="Sans classe"),
    sheets=SheetWords(
        status="Statut",
        group="Classe",
        remark="Remarque",
        several="{} copies rendues, une seule retenue",
        variant="variante « {} », à exporter à part",
        unreadable="illisible",
        states=StateWords(
            graded="corrigée",
            in_grading="en correction (total provisoire)",
            ungraded="non corrigée",
            not_handed_in="non rendue",
            absent="absent",
        ),
        grades="Notes",
        statistics="Statistiques",
        enrolled="Inscrits",
        graded="Copies corrigées",
        in_grading="Copies en correction",
        ungraded="Copies non corrigées",
        not_handed_in="Copies non rendues",
        absent="Absents",
        mean="Moyenne",
        median="Médiane",
        first_quartile="Premier quartile",
        third_quartile="Troisième quartile",
        deviation="Écart type",
        minimum="Minimum",
        maximum="Maximum",
        mark_from="Note de",
        mark_to="à moins de",
        copies="Copies",
        question="Question",
        label="Numéro",
        out_of="Barème",
        mean_points="Moyenne",
        success="Réussite",
        answers="Réponses",
        as_of="Notes au",
    ),
    files=FileWords(report="Rapport", copies="Copies", grades="Notes"),
    failures=FailureWords(
        exam_not_found="Cet examen est introuvable : il a peut-être été supprimé depuis la demande.",
        class_not_found="Une des classes choisies n'existe pas dans le cours de cet examen. Rechargez la page et "
        "choisissez de nouveau.",
        no_copies="Il n'y a rien à exporter pour les classes choisies : aucune copie n'a été rendue, ou toutes "
        "répondent à une variante de l'examen, à exporter à part.",
        invalid_exam="Les données de cet examen sont incohérentes et ne peuvent pas être exportées. Prévenez "
        "l'administrateur.",
        too_many_copies="Cet examen compte trop de copies pour un seul export. Exportez-le classe par classe.",
        too_many_pages="Le document compterait trop de pages. Exportez l'examen classe par classe, ou sans les "
        "énoncés.",
        database_unavailable="La base de données ne répond pas. Relancez l'export dans quelques minutes.",
        storage_unavailable="Le document est prêt mais n'a pas pu être enregistré. Relancez l'export dans quelques "
        "minutes.",
        storage_full="Il n'y a plus de place pour enregistrer le document. Prévenez l'administrateur.",
        render_failed="Le document n'a pas pu être composé. Relancez l'export ; si l'erreur persiste, prévenez "
        "l'administrateur.",
        timed_out="L'export a pris trop de temps. Exportez l'examen classe par classe.",
        internal="L'export a échoué à cause d'une erreur interne. Relancez-le ; si l'erreur persiste, prévenez "
        "l'administrateur.",
    ),
    command=CommandWords(
        phases=PhaseWords(
            loading="Chargement des données…",
            processing="Traitement des copies…",
            generating="Génération du document…",
            saving="Enregistrement…",
        ),
        saved="{place} : {counts}, {size} octets",
        copies=Countable("copie", "copies"),
        pages=Countable("page", "pages"),
        not_written="Le fichier n’a pas pu être écrit.",
    ),
)

FRENCH = replace(_TYPED, copies=_spaced(_TYPED.copies), front=_spaced(_TYPED.front), warnings=_spaced(_TYPED.warnings))
