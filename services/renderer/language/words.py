"""The report's own words, in French and in English: every sentence a reader meets that nobody of the exam wrote.

What people wrote is never translated. French typography is seen to: a no-break space before `:`, `;`, `!`, `?`
and inside « ».
"""

import re
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from contracts.options import Language

SCHOOL_TIME = ZoneInfo("Europe/Paris")
"""The clock on the school's wall: Correcta stores UTC, a teacher reads local time."""

NBSP = "\u00a0"

_MONTHS_FR = (
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()  # noqa: SIM905
)
_MONTHS_EN = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language. A missing translation is a type error."""

    language: Language
    # a copy
    student_answer: str
    no_answer: str
    not_graded: str
    comment: str
    total: str
    out_of: str
    on_twenty: str
    partial_total: str
    submitted: str
    not_submitted: str
    in_grading: str
    ungraded: str
    unanswered: str
    auto: str
    ai: str
    teacher: str
    harmonised: str
    criteria: str
    all_required: str
    several: str
    ticked: str
    unticked: str
    right: str
    wrong: str
    expected: str
    unknown_option: str
    question: str
    placeholder: str
    image_missing: str
    image: str
    controls_shown: str
    formula_wide: str
    formulas_over: str
    truncated: str
    table_truncated: str
    marks_hidden: str
    # what a teacher is warned of
    copy_lost: str
    duplicates: str
    variant_left_out: str
    not_listed: str
    # front pages
    report: str
    jury: str
    anonymous: str
    as_of: str
    headcount: str
    enrolled: str
    count_graded: str
    count_in_grading: str
    count_ungraded: str
    count_absent: str
    statistics: str
    statistics_scope: str
    no_graded: str
    mean: str
    median: str
    first_quartile: str
    third_quartile: str
    deviation: str
    minimum: str
    maximum: str
    histogram: str
    success: str
    success_note: str
    absent: str
    warnings: str
    warnings_note: str
    more_warnings: str
    contents: str
    legend: str
    signatures: str
    signature_name: str
    signature: str
    copy: str
    logo: str
    number: str
    mean_points: str
    rate: str
    histogram_bar: str
    colon: str
    legend_score: str
    legend_frame: str
    legend_ticks: str
    legend_origin: str
    legend_rounding: str

    def date(self, moment: datetime) -> str:
        """A day: "20 janvier 2026"."""
        local = moment.astimezone(SCHOOL_TIME)
        if self.language is Language.FR:
            day = "1er" if local.day == 1 else str(local.day)
            return f"{day}{NBSP}{_MONTHS_FR[local.month - 1]} {local.year}"
        return f"{local.day}{NBSP}{_MONTHS_EN[local.month - 1]} {local.year}"

    def moment(self, moment: datetime) -> str:
        """A day and an hour: "20 janvier 2026 à 11 h 05"."""
        local = moment.astimezone(SCHOOL_TIME)
        if self.language is Language.FR:
            return f"{self.date(moment)} à {local.hour}{NBSP}h{NBSP}{local.minute:02d}"
        return f"{self.date(moment)}, {local.hour:02d}:{local.minute:02d}"

    def origin(self, origin: str | None) -> str:
        """Who gave a mark; empty where nobody is recorded."""
        return {"auto": self.auto, "ai": self.ai, "teacher": self.teacher}.get(origin or "", "")


def _spaced(text: str) -> str:
    """French text with a no-break space before its high signs and inside its quotation marks."""
    return re.sub(r" (?=[:;!?»])|(?<=«) ", NBSP, text)


_FRENCH = Words(
    language=Language.FR,
    student_answer="Réponse de l’élève",
    no_answer="Pas de réponse",
    not_graded="non noté",
    comment="Commentaire",
    total="Note",
    out_of="sur",
    on_twenty="soit",
    partial_total="total provisoire",
    submitted="Copie rendue le",
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
    image="Image",
    controls_shown="des caractères invisibles ou de contrôle sont montrés.",
    formula_wide="formule plus large que la page ; sa source est imprimée.",
    formulas_over="trop de formules dans cette copie ; la source des dernières est imprimée.",
    truncated="Réponse coupée ici : elle dépasse la longueur maximale. Le texte entier est dans Correcta.",
    table_truncated="Tableau coupé ici : il dépasse la taille maximale.",
    marks_hidden="signes",
    copy_lost="Cette copie n’a pas pu être composée : {}",
    duplicates="Plusieurs copies du même élève : la dernière rendue est gardée, {} autre(s) laissée(s) de côté.",
    variant_left_out="{} copie(s) de la variante « {} » ne sont pas dans cet export : ses questions sont différentes. "
    "Exportez cette variante à part.",
    not_listed="{} autres avertissements ne sont pas listés.",
    report="Copies corrigées",
    jury="Document pour le jury",
    anonymous="Document anonyme",
    as_of="Notes au",
    headcount="Effectif",
    enrolled="inscrits",
    count_graded="corrigées",
    count_in_grading="en correction",
    count_ungraded="non corrigées",
    count_absent="absents",
    statistics="Résultats",
    statistics_scope="Seules les copies entièrement corrigées sont comptées. Quartiles et écart type de la série ; "
    "valeurs arrondies au centième, une seule fois.",
    no_graded="Aucune copie n’est encore entièrement corrigée.",
    mean="moyenne",
    median="médiane",
    first_quartile="1er quartile",
    third_quartile="3e quartile",
    deviation="écart type",
    minimum="minimum",
    maximum="maximum",
    histogram="Répartition des notes",
    success="Réussite par question",
    success_note="Part des points obtenus, en moyenne, par les copies corrigées.",
    absent="Élèves absents",
    warnings="À vérifier",
    warnings_note="Ce qui n’a pas pu être repris tel quel.",
    more_warnings="Et d’autres, non listés.",
    contents="Copies",
    legend="Lire ce document",
    signatures="Signatures du jury",
    signature_name="Nom",
    signature="Signature",
    copy="Copie",
    logo="Logo",
    number="Question",
    mean_points="Moyenne",
    rate="Réussite",
    histogram_bar="de {} à {}, nombre de copies {}",
    colon=" :",
    legend_score="La note de chaque question est dans la marge, jamais dans la réponse : tous les points, une partie, "
    "aucun, ou non noté. « Non noté » n’est pas zéro.",
    legend_frame="Le cadre gris à barre sombre contient ce que l’élève a écrit, tel quel. Un caractère invisible y est "
    "montré par son code.",
    legend_ticks="Questions à choix : case pleine et coche, réponse juste ; case pleine et croix, réponse fausse ; "
    "case cernée de vert, bonne réponse non cochée.",
    legend_origin="Sous la note : qui l’a donnée (enseignant, IA, automatique) et, si elle a été harmonisée, "
    "sa valeur avant et après.",
    legend_rounding="Les points sont arrondis au centième le plus proche (demi vers le haut), à l’affichage seulement.",
)

_typed: dict[str, Any] = {each.name: _spaced(getattr(_FRENCH, each.name)) for each in fields(_FRENCH)[1:]}
FR = replace(_FRENCH, **_typed)

EN = Words(
    language=Language.EN,
    student_answer="Student’s answer",
    no_answer="No answer",
    not_graded="not graded",
    comment="Comment",
    total="Mark",
    out_of="out of",
    on_twenty="that is",
    partial_total="provisional total",
    submitted="Handed in on",
    not_submitted="Handed in at an unknown date",
    in_grading="Grading in progress",
    ungraded="Copy not graded",
    unanswered="no answer",
    auto="automatic",
    ai="AI",
    teacher="teacher",
    harmonised="adjusted",
    criteria="Criteria",
    all_required="All the right answers, and only those, are required.",
    several="Each right answer earns a part of the points.",
    ticked="ticked",
    unticked="not ticked",
    right="right",
    wrong="wrong",
    expected="expected",
    unknown_option="option removed from the exam",
    question="Question",
    placeholder="This copy could not be typeset",
    image_missing="Image not shown",
    image="Image",
    controls_shown="invisible or control characters are shown.",
    formula_wide="formula wider than the page; its source is printed.",
    formulas_over="too many formulas in this copy; the source of the last ones is printed.",
    truncated="Answer cut here: it is longer than allowed. The whole text is in Correcta.",
    table_truncated="Table cut here: it is larger than allowed.",
    marks_hidden="marks",
    copy_lost="This copy could not be typeset: {}",
    duplicates="Several copies of the same student: the one handed in last is kept, {} left out.",
    variant_left_out="{} of the copies, of the variant “{}”, are not in this export: its questions are different. "
    "Export that variant on its own.",
    not_listed="{} more warnings are not listed.",
    report="Graded copies",
    jury="For the examination board",
    anonymous="Anonymous document",
    as_of="Grades as of",
    headcount="Head count",
    enrolled="enrolled",
    count_graded="graded",
    count_in_grading="in grading",
    count_ungraded="not graded",
    count_absent="absent",
    statistics="Results",
    statistics_scope="Only copies that are graded to the end count. Quartiles and standard deviation of the series; "
    "values rounded to two decimals, once.",
    no_graded="No copy is graded to the end yet.",
    mean="mean",
    median="median",
    first_quartile="1st quartile",
    third_quartile="3rd quartile",
    deviation="std deviation",
    minimum="minimum",
    maximum="maximum",
    histogram="Distribution of marks",
    success="Success by question",
    success_note="Share of the points earned, on average, by the graded copies.",
    absent="Absent students",
    warnings="To be checked",
    warnings_note="What could not be taken over as it was.",
    more_warnings="And others, not listed.",
    contents="Copies",
    legend="How to read this document",
    signatures="Signatures of the board",
    signature_name="Name",
    signature="Signature",
    copy="Copy",
    logo="Logo",
    number="Question",
    mean_points="Mean",
    rate="Success",
    histogram_bar="from {} to {}, number of copies {}",
    colon=":",
    legend_score="Each question’s mark stands in the margin, never inside an answer: all the points, some, none, or "
    "not graded. “Not graded” is not zero.",
    legend_frame="The grey frame with a dark bar holds what the student wrote, as it is. An invisible character is "
    "shown by its code.",
    legend_ticks="Multiple choice: full box with a check, right answer; full box with a cross, wrong answer; "
    "box outlined in green, right answer not ticked.",
    legend_origin="Below the mark: who gave it (teacher, AI, automatic) and, if it was adjusted, its value before and "
    "after.",
    legend_rounding="Points are rounded to the nearest hundredth (half up), only when written.",
)


def words(language: Language) -> Words:
    """The words of a language."""
    return FR if language is Language.FR else EN
