"""The physics and chemistry exam of Terminale 3, on 20 points. Nothing is labelled: Correcta's own numbers."""

from datetime import datetime

from dev.sample.identity import identifier
from dev.sample.model import Paper
from dev.sample.people import PHYSICS, PHYSICS_CLASSES, SAUVAGEOT
from dev.sample.pictures import data_url
from dev.sample.subjects.writing import chapters, criterion, image, math, mcq, question, section, table, text

_DECHARGE = {
    "type": "graph",
    "axes": {
        "xMin": 0,
        "xMax": 6,
        "yMin": 0,
        "yMax": 7,
        "xLabel": "$t$ (s)",
        "yLabel": "$u_C$ (V)",
        "showGrid": True,
        "xStep": 1,
        "yStep": 1,
    },
    "points": [
        {
            "id": "depart",
            "x": 0,
            "y": 6,
            "label": "$E$",
            "color": "#b03a2e",
            "size": 4,
            "filled": True,
            "showLabel": True,
        }
    ],
    "functions": [
        {
            "id": "u",
            "expression": "6*e^(-x/1.034)",
            "domain": {"min": 0, "max": 6},
            "style": {"color": "#b03a2e", "width": 2},
            "label": "$u_C(t)$",
        }
    ],
    "width": 460,
    "height": 260,
}

_CONDENSATEUR = section(
    "Décharge d'un condensateur",
    question(
        "A.1",
        2,
        "À l'instant $t=0$, le condensateur étant chargé sous la tension $E$, on bascule l'interrupteur en position 2. "
        "Établir l'équation différentielle vérifiée par la tension $u_C$.",
    ),
    question(
        "A.2",
        2.5,
        "Vérifier que $u_C(t)=E\\,\\mathrm e^{-t/\\tau}$ est solution, exprimer $\\tau$ en fonction de $R$ et $C$, "
        "puis calculer sa valeur.",
    ),
    question(
        "A.3",
        1.5,
        [
            text("L'évolution de la tension a été enregistrée :"),
            _DECHARGE,
            text("Déterminer graphiquement "),
            math("\\tau"),
            text(", en expliquant la méthode, et comparer à la valeur calculée."),
        ],
    ),
    mcq(
        "A.4",
        "On remplace le conducteur ohmique par un autre, de résistance $2R$. Cocher toutes les affirmations exactes.",
        (
            ("La constante de temps double.", True, None),
            ("L'intensité initiale $|i(0)|$ est divisée par $2$.", True, None),
            ("L'énergie initialement stockée, $\\frac12CE^2$, ne change pas.", True, None),
            ("La tension initiale double.", False, None),
            ("La décharge est deux fois plus rapide.", False, None),
        ),
        points=2.0,
    ),
    intro=[
        text("On étudie le circuit ci-dessous, dont les composants ont les caractéristiques suivantes."),
        image(
            data_url("circuit"), "Circuit : générateur E, interrupteur K à deux positions, résistance R, condensateur C"
        ),
        table(
            (text("tension du générateur"), math("E=6{,}0\\ \\mathrm{V}")),
            (text("résistance"), math("R=2{,}2\\ \\mathrm{k\\Omega}")),
            (text("capacité"), math("C=470\\ \\mathrm{\\mu F}")),
            widths=[190, 130],
        ),
    ],
)

_VINAIGRE = section(
    "Contrôle qualité d'un vinaigre",
    question(
        "B.1",
        1.5,
        "Écrire l'équation de la réaction support du titrage et donner les caractéristiques qu'elle doit présenter.",
        by_parts=True,
    ),
    question(
        "B.2",
        3,
        "Le volume versé à l'équivalence est $V_E=12{,}4$ mL.",
        parts=(
            ("a. Déterminer la concentration $c_A$ de la solution titrée, puis celle du vinaigre.", 1.5),
            ("b. En déduire le degré du vinaigre et le comparer à l'étiquette (7°).", 1.5),
        ),
        rubric=(
            criterion(
                "Relation à l'équivalence", (1, "écrite et justifiée"), (0.5, "écrite"), (0, "fausse ou absente")
            ),
            criterion("Dilution", (0.5, "prise en compte"), (0, "oubliée")),
        ),
    ),
    question(
        "B.3",
        2,
        "Montrer qu'à la demi-équivalence $\\mathrm{pH}=\\mathrm pK_A$, et en déduire la valeur du $\\mathrm pK_A$ "
        "du couple $\\ce{CH3COOH/CH3COO-}$ (on lit $\\mathrm{pH}=4{,}8$ pour $V=6{,}2$ mL).",
    ),
    intro="Le degré d'un vinaigre est la masse, en grammes, d'acide éthanoïque contenue dans $100$ g de vinaigre. "
    "On dilue dix fois un vinaigre, puis on titre $V_A=10{,}0$ mL de la solution obtenue par une solution "
    "d'hydroxyde de sodium $\\ce{(Na+(aq) + HO-(aq))}$ de concentration $c_B=1{,}00\\times10^{-1}\\ "
    "\\mathrm{mol\\cdot L^{-1}}$. Données : $M(\\ce{CH3COOH})=60{,}0\\ \\mathrm{g\\cdot mol^{-1}}$ ; "
    "densité du vinaigre : $1{,}02$.",
)

_LANCER = section(
    "Un lancer de balle",
    question("C.1", 2.5, "Établir les équations horaires du mouvement de la balle."),
    question("C.2", 2, "Exprimer puis calculer la portée du lancer."),
    mcq(
        "C.3",
        "Au sommet de la trajectoire :",
        (
            ("la vitesse est nulle ;", False, None),
            ("l'accélération est nulle ;", False, None),
            ("la vitesse est horizontale ;", True, None),
            ("l'énergie cinétique est minimale.", True, None),
        ),
        points=1.0,
        all_or_nothing=True,
    ),
    intro="Une balle est lancée du sol, depuis l'origine $O$, avec une vitesse $v_0=12\\ \\mathrm{m\\cdot s^{-1}}$ "
    "faisant un angle $\\alpha=40°$ avec l'horizontale. On néglige les frottements et on prend "
    "$g=9{,}81\\ \\mathrm{m\\cdot s^{-2}}$ ; l'axe $(Oy)$ est dirigé vers le haut.",
)

PHYSIQUE_CHIMIE = Paper(
    id=identifier("exam", "physique-chimie"),
    key="physique-chimie",
    title="Évaluation n° 3 : condensateur, titrage, mouvement",
    description="Durée : 2 heures. Calculatrice en mode examen. Les réponses sont justifiées et les résultats donnés "
    "avec un nombre de chiffres significatifs adapté.",
    course=PHYSICS,
    chapters=chapters("physique-chimie", _CONDENSATEUR, _VINAIGRE, _LANCER),
    author=SAUVAGEOT,
    starts=datetime(2025, 12, 1, 13, 0),
    minutes=120,
    group=PHYSICS_CLASSES["t3"],
)
