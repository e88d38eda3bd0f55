"""The mathematics exam of MPSI 1 (« DS n° 4 »), on 20 points, and three of PCSI 2: common, variant, not sat yet."""

from datetime import datetime

from dev.sample.identity import identifier
from dev.sample.model import Paper
from dev.sample.people import DELCOURT, MATHS, MATHS_CLASSES, OKONKWO
from dev.sample.subjects.writing import chapters, criterion, math, mcq, question, section, table, text

_QUESTIONS_DE_COURS = section(
    "Default",
    mcq(
        "QCM1",
        "Soit $(u_n)_{n\\in\\mathbb{N}}$ une suite réelle. Cocher les affirmations vraies "
        "(une mauvaise réponse retire des points, sans que la note de la question puisse être négative).",
        (
            ("Toute suite convergente est bornée.", True, 0.5),
            ("Toute suite bornée est convergente.", False, -0.5),
            ("Si $(u_n)$ est croissante et majorée, alors elle converge.", True, 0.5),
            ("Si $u_{n+1}-u_n\\to 0$, alors $(u_n)$ converge.", False, -0.5),
            ("Si $(u_{2n})$ et $(u_{2n+1})$ convergent vers la même limite, alors $(u_n)$ converge.", True, 0.5),
        ),
        label="QCM 1",
    ),
    mcq(
        "QCM2",
        "Parmi les fonctions suivantes, lesquelles sont équivalentes à $x$ au voisinage de $0$ ? "
        "(Le point n'est accordé que si toutes les cases sont correctes.)",
        (
            ("$x\\mapsto\\sin x$", True, None),
            ("$x\\mapsto\\ln(1+x)$", True, None),
            ("$x\\mapsto 1-\\cos x$", False, None),
            ("$x\\mapsto \\mathrm e^{x}-1$", True, None),
            ("$x\\mapsto \\dfrac{x}{1+x^2}+\\sqrt{x^2}$", False, None),
        ),
        points=1.0,
        label="QCM 2",
        all_or_nothing=True,
    ),
    default=True,
)

_SUITE = section(
    "Une suite définie par récurrence",
    question(
        "I.1",
        2,
        "Montrer que, pour tout $n\\in\\mathbb{N}$, $1\\leqslant u_n\\leqslant 2$.",
        label="I.1",
        rubric=(
            criterion("Rédaction de la récurrence", (1, "complète"), (0.5, "hypothèse mal quantifiée"), (0, "absente")),
            criterion("Croissance de la racine carrée", (1, "citée et utilisée"), (0.5, "implicite"), (0, "absente")),
        ),
    ),
    question("I.2", 2, "Étudier le sens de variation de la suite $(u_n)$.", label="I.2", left_over=4),
    question("I.3", 1.5, "En déduire que $(u_n)$ converge, et déterminer sa limite $\\ell$.", label="I.3"),
    question(
        "I.4",
        3,
        "On précise maintenant la vitesse de convergence.",
        label="I.4",
        parts=(
            ("(a) Montrer que, pour tout $n\\in\\mathbb{N}$, $|u_{n+1}-2|\\leqslant\\dfrac12\\,|u_n-2|$.", 1.5),
            ("(b) En déduire un entier $n$ tel que $|u_n-2|\\leqslant 10^{-3}$.", 1.5),
        ),
    ),
    label="Exercice I",
    intro="On considère la suite $(u_n)$ définie par $u_0=1$ et, pour tout $n\\in\\mathbb{N}$, "
    "$$u_{n+1}=\\sqrt{2+u_n}.$$",
)

_INTEGRALES = section(
    "Une suite d'intégrales",
    question("II.1", 2, "Calculer $I_0$ et $I_1$.", label="II.1"),
    question(
        "II.2",
        2,
        "Montrer que, pour tout $n\\in\\mathbb{N}$, $$I_{n+1}=(n+1)\\,I_n-\\frac{1}{\\mathrm e}.$$",
        label="II.2",
    ),
    question(
        "II.3",
        1.5,
        "Encadrer $I_n$ et en déduire $\\displaystyle\\lim_{n\\to+\\infty}I_n$.",
        label="II.3",
        by_parts=True,
    ),
    label="Exercice II",
    intro="Pour tout $n\\in\\mathbb{N}$, on pose \\[ I_n=\\int_0^1 x^n\\,\\mathrm e^{-x}\\,\\mathrm dx. \\]",
)

_COURBE = {
    "type": "graph",
    "axes": {
        "xMin": -1,
        "xMax": 10,
        "yMin": -1,
        "yMax": 1,
        "xLabel": "$x$",
        "yLabel": "$y$",
        "showGrid": True,
        "xStep": 1,
        "yStep": 0.5,
    },
    "points": [],
    "functions": [
        {
            "id": "f",
            "expression": "ln(x)/x",
            "domain": {"min": 0.3, "max": 10},
            "style": {"color": "#1f4e79", "width": 2},
            "label": "$\\mathcal C_f$",
        }
    ],
    "width": 460,
    "height": 240,
}

_ETUDE = section(
    "Étude d'une fonction et comparaison de deux nombres",
    question(
        "III.1",
        2,
        [
            text("On considère la fonction "),
            math("f:x\\mapsto\\dfrac{\\ln x}{x}"),
            text(", définie sur "),
            math("]0,+\\infty["),
            text(", dont une partie de la courbe est tracée ci-dessous."),
            _COURBE,
            text("Étudier les variations de "),
            math("f"),
            text(" et ses limites aux bornes. On rappelle :"),
            table(
                (text("fonction"), math("\\ln x"), math("\\dfrac1x"), math("\\mathrm e^x")),
                (text("dérivée"), math("\\dfrac1x"), math("-\\dfrac1{x^2}"), math("\\mathrm e^x")),
                widths=[90, 70, 70, 70],
            ),
        ],
        label="III.1",
    ),
    question("III.2", 1.5, "Comparer, sans calculatrice, $\\mathrm e^{\\pi}$ et $\\pi^{\\mathrm e}$.", label="III.2"),
    label="Problème",
)

MATHEMATIQUES = Paper(
    id=identifier("exam", "mathematiques"),
    key="mathematiques",
    title="Devoir surveillé n° 4 : suites, intégrales, étude de fonctions",
    description="Durée : 3 heures. Calculatrice interdite. La qualité de la rédaction entre pour une part importante "
    "dans l'appréciation des copies.",
    course=MATHS,
    chapters=chapters("mathematiques", _QUESTIONS_DE_COURS, _SUITE, _INTEGRALES, _ETUDE),
    author=DELCOURT,
    starts=datetime(2025, 11, 22, 7, 0),
    minutes=180,
    groups=(MATHS_CLASSES["mpsi"],),
)


def _commun(key: str, title: str, letter: str, constant: str, top: str, parent: Paper | None) -> Paper:
    return Paper(
        id=identifier("exam", key),
        key=key,
        title=title,
        description=None,
        course=MATHS,
        chapters=chapters(
            key,
            section(
                "Une suite définie par récurrence",
                question(f"{letter}.1", 4, f"Montrer que $(v_n)$ est croissante et à valeurs dans $[0,{top}]$."),
                question(f"{letter}.2", 2, "Déterminer sa limite."),
                intro=f"On considère la suite définie par $v_0=0$ et $v_{{n+1}}=\\sqrt{{{constant}+v_n}}$.",
            ),
        ),
        author=OKONKWO,
        starts=datetime(2025, 11, 22, 7, 0),
        minutes=60,
        groups=(MATHS_CLASSES["pcsi"],),
        parent=parent,
    )


COMMUN = _commun("mathematiques-commun", "Devoir commun : suites", "commun", "6", "3", None)
VARIANTE = _commun("mathematiques-variante", "Devoir commun : suites, sujet B", "variante", "12", "4", COMMUN)

A_VENIR = Paper(
    id=identifier("exam", "mathematiques-a-venir"),
    key="mathematiques-a-venir",
    title="Devoir surveillé n° 5 : dérivation",
    description=None,
    course=MATHS,
    chapters=chapters(
        "mathematiques-a-venir",
        section("Dérivation", question("venir.1", 20, "Énoncer et démontrer la formule de Leibniz.")),
    ),
    author=OKONKWO,
    starts=datetime(2026, 1, 10, 7, 0),
    minutes=60,
    groups=(MATHS_CLASSES["pcsi"],),
)
