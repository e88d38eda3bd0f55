"""One exam with every kind of content, three copies of it, and a student who was away: `exams/tous-les-contenus.json`.

Nothing of it is in the database. Answers hold what people paste: other scripts, markup, controls, things like JSON.
"""

from typing import Any

from contracts.graded_exam import GradedExam
from dev.sample.identity import identifier
from dev.sample.pictures import data_url
from dev.sample.subjects.formules import DIVERS, ENLIGNE, SCIENCES, STRUCTURES
from dev.sample.subjects.graphiques import AIRES, FONCTIONS, GEOMETRIE
from dev.sample.subjects.pages import CODE, LONG, PRESQUE_JSON, RUSE, SCRIPTS
from dev.sample.subjects.writing import image, math, table, text

Json = dict[str, Any]


def _id(*path: str) -> str:
    return identifier("tous-les-contenus", *path)


def _question(key: str, points: float, content: Any, **more: Any) -> Json:
    return {"id": _id(key), "label": key, "type": "TEXT", "content": content, "maxPoints": points} | more


def _option(key: str, content: Any, right: bool) -> Json:
    return {"id": _id("option", key), "content": content, "isCorrect": right}


_TABLEAU = table(
    (text("grandeur"), math("x"), text("image"), text("formule")),
    (
        text("une ligne avec une formule"),
        math("\\dfrac{\\sqrt{x^2+1}}{2}"),
        image(data_url("logo"), "fronton à colonnes"),
        None,
    ),
    (text("une cellule\nsur deux lignes"), text("12,50"), None, math("\\begin{pmatrix}1\\\\0\\end{pmatrix}")),
    widths=[160, 120, 80, 120],
)

_SECTIONS: list[Json] = [
    {
        "id": _id("s0"),
        "title": "",
        "questions": [
            _question("Formules", 2, ENLIGNE),
            _question("Structures", 2, STRUCTURES),
        ],
    },
    {
        "id": _id("s1"),
        "title": "Figures et tableaux, où $f(x)=\\mathrm e^x$",
        "label": "Partie A",
        "intro": [
            text("Une introduction avec une formule "),
            math("\\displaystyle\\int_a^b f(t)\\,\\mathrm dt"),
            text(", un tableau"),
            _TABLEAU,
            text("et une image :"),
            image(data_url("circuit"), "Un circuit avec un condensateur"),
        ],
        "questions": [
            _question("A.1", 3, [text("Géométrie :"), GEOMETRIE]),
            _question("A.2", 3, [text("Fonctions usuelles :"), FONCTIONS, text("puis des aires :"), AIRES]),
            _question("A.3", 1, [text("Une image sans description :"), {"type": "image", "url": data_url("logo")}]),
        ],
    },
    {
        "id": _id("s2"),
        "title": "Choix, code, parties",
        "questions": [
            _question(
                "2.1",
                1.5,
                "Plusieurs réponses, crédit partiel.",
                type="MCQ",
                options=[
                    _option("m1", "$\\dfrac{\\mathrm d}{\\mathrm dx}\\sin x=\\cos x$", True),
                    _option(
                        "m2",
                        [text("cette matrice est inversible : "), math("\\begin{pmatrix}1&2\\\\2&4\\end{pmatrix}")],
                        False,
                    ),
                    _option(
                        "m3",
                        "du texte seul, assez long pour passer à la ligne et montrer comment une réponse proposée "
                        "s'aligne sous sa case lorsque le texte ne tient pas sur une seule ligne",
                        True,
                    ),
                ],
            ),
            _question(
                "2.2",
                1,
                "Toutes les cases doivent être justes.",
                type="MCQ",
                requireAllCorrect=True,
                options=[_option("n1", "$0{,}999\\ldots=1$", True), _option("n2", "$\\pi=3{,}14$", False)],
            ),
            _question("2.3", 3, "Écrire la fonction de hachage du cours.", type="CODE"),
            _question("2.4", 2, "Deux parties, notées séparément."),
            _question(
                "2.5",
                2,
                SCIENCES,
                rubric=[
                    {
                        "criteria": "Usage des unités",
                        "levels": [{"points": 1, "description": "juste"}, {"points": 0, "description": "absent"}],
                    },
                    {"criteria": "Équation équilibrée : $\\ce{2H2 + O2 -> 2H2O}$", "levels": []},
                ],
            ),
            _question("2.6", 1, DIVERS),
        ],
    },
]


def _answer(key: str, content: Any = "", score: float | None = None, **more: Any) -> Json:
    graded = {"score": score, "origin": "teacher"} if score is not None else {}
    return {"questionId": _id(key), "content": content} | graded | more


_COMPLETE = [
    _answer("Formules", ENLIGNE, 1.75, feedback="Bien. $\\sum_{k=1}^nk^2$ se démontre par récurrence ; 5$ de bonus !"),
    _answer(
        "Structures",
        STRUCTURES,
        1.3333333333333333,
        origin="ai",
        feedback="Voir $$\\begin{cases}x=2\\\\y=1\\end{cases}$$",
    ),
    _answer("A.1", [text("Ma figure :"), GEOMETRIE, text("et mes mesures"), _TABLEAU], 2.4, harmonizedFrom=2.0),
    _answer("A.2", LONG, 3, feedback="Long, mais juste du début à la fin."),
    _answer("A.3", [image(data_url("circuit"), "Photo de mon schéma")], 0.5),
    _answer("2.1", selectedOptionIds=[_id("option", "m1"), _id("option", "m2")], score=0.75, origin="auto"),
    _answer("2.2", selectedOptionIds=[_id("option", "n1")], score=1.0, origin="auto"),
    _answer("2.3", CODE, 2.5, feedback="Évitez les lignes de plus de 80 caractères."),
    _answer(
        "2.4",
        score=1.5,
        feedback="(b) incomplet.",
        parts=[
            {"instruction": "(a) Développer $(a+b)^2$.", "content": "$a^2+2ab+b^2$", "score": 1, "maxPoints": 1},
            {"instruction": "(b) Donner un exemple.", "content": [math("(1+2)^2=9")], "score": 0.5, "maxPoints": 1},
        ],
    ),
    _answer("2.5", SCIENCES, 2),
    _answer("2.6", DIVERS, 1),
]

_PIEGES = [
    _answer("Formules", SCRIPTS, 1, feedback="Réponse multilingue : 很好 — جيد جدًا — Отлично 👏"),
    _answer("Structures", PRESQUE_JSON, 0, feedback="Une liste n'est pas une réponse."),
    _answer("A.1", RUSE, 0, feedback="<b>Non.</b> Score : 0/3 & rien de plus."),
    _answer("A.2", "\\def\\frac#1#2{0}$\\def\\x{1}\\x$ puis $\\undefinedmacro{x}$ et $\\frac{1}{2", 0),
    _answer("2.1", selectedOptionIds=[], score=0, origin="auto"),
    _answer("2.3", "\tif x<3 && y>2:\n\t\treturn '</pre><script>alert(1)</script>'  # é ü ß\n\x07", 0.5, origin="ai"),
    _answer("2.6", "", 0, feedback="Non traité."),
]

TOUS_LES_CONTENUS = GradedExam.model_validate(
    {
        "exam": {
            "id": _id("exam"),
            "title": "Tous les contenus : formules, tableaux, figures, images, code",
            "description": "Un essai où chaque sorte de contenu se trouve au moins une fois : $\\sqrt2$ compris.",
            "institution": {
                "id": _id("institution"),
                "name": "Académie d'essai",
                "branding": {"logo": data_url("logo"), "color": "#7b241c"},
            },
            "course": {"code": "ESSAI", "name": "Essais de mise en page"},
            "sections": _SECTIONS,
        },
        "classes": [
            {"id": _id("c1"), "name": "Première"},
            {"id": _id("c2"), "name": "Première, groupe 1", "parentId": _id("c1")},
            {"id": _id("c3"), "name": "Sous-groupe α", "parentId": _id("c2")},
        ],
        "submissions": [
            {
                "id": _id("copie", "1"),
                "student": {
                    "id": _id("u1"),
                    "name": "Ève Complète",
                    "email": "eve@essai.example",
                    "classIds": [_id("c3")],
                },
                "submittedAt": "2026-01-15T10:42:00Z",
                "status": "GRADED",
                "answers": _COMPLETE,
            },
            {
                "id": _id("copie", "2"),
                "student": {
                    "id": _id("u2"),
                    "name": "محمد الأمين (Mohamed Lamine) <b>",
                    "email": "lamine@essai.example",
                    "classIds": [_id("c2")],
                },
                "submittedAt": "2026-01-15T10:55:00Z",
                "status": "GRADED",
                "answers": _PIEGES,
            },
            {
                "id": _id("copie", "3"),
                "student": {
                    "id": _id("u3"),
                    "name": "王小明",
                    "email": "xiaoming@essai.example",
                    "classIds": [_id("c1")],
                },
                "submittedAt": "2026-01-15T11:00:00Z",
                "status": "GRADING_IN_PROGRESS",
                "answers": [
                    _answer("Formules", "未完成 : $x=1$", 0.25),
                    _answer("Structures", "À corriger : $A^2=I_2$."),
                ],
            },
        ],
        "absent": [{"name": "Noël Absent", "email": "noel@essai.example", "classIds": [_id("c2")]}],
        "asOf": "2026-01-20T08:00:00Z",
    }
)
