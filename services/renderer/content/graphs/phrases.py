"""The words a graph is described with, in French and in English."""

from dataclasses import dataclass

from contracts.options import Language


@dataclass(frozen=True, slots=True)
class Phrases:
    """Templates; braces are filled by name."""

    axes: str
    named_axes: str
    function: str
    shifted: str
    point: str
    segment: str
    line: str
    ray: str
    curve: str
    named: str
    area: str
    areas: dict[str, str]
    text: str
    more: str
    nothing: str
    unread: str
    axes_replaced: str
    left_out: str
    unresolved: str
    pair: str


FR = Phrases(
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
    areas={
        "polygon": "coloriée",
        "under-function": "sous une courbe",
        "between-functions": "entre deux courbes",
        "between-line-and-function": "entre une droite et une courbe",
        "bounded-region": "délimitée",
    },
    text="texte : {text}",
    more="et {count} autres éléments",
    nothing="aucun tracé",
    unread="{count} fonction(s) du graphique n’ont pas pu être lues : leur courbe manque.",
    axes_replaced="Les axes du graphique ne sont pas utilisables : ils vont de −5 à 5.",
    left_out="Le graphique a trop d’éléments : {count} ne sont pas tracés.",
    unresolved="{count} zone(s) du graphique n’ont pas pu être délimitées.",
    pair="({x} ; {y})",
)

EN = Phrases(
    axes="Graph: x from {x_min} to {x_max}, y from {y_min} to {y_max}",
    named_axes="horizontal axis: {x}, vertical axis: {y}",
    function="curve {name}of equation y equals {expression}",
    shifted=", shifted by {right} along x and {up} along y, multiplied by {scale}",
    point="point {name}{at}",
    segment="segment {name}from {start} to {end}",
    line="line {name}through {start} and {end}",
    ray="ray {name}from {start} through {end}",
    curve="arc {name}from {start} to {end}",
    named="{name} ",
    area="area {name}{mode}",
    areas={
        "polygon": "filled",
        "under-function": "under a curve",
        "between-functions": "between two curves",
        "between-line-and-function": "between a line and a curve",
        "bounded-region": "enclosed",
    },
    text="text: {text}",
    more="and {count} more elements",
    nothing="nothing drawn",
    unread="{count} function(s) of the graph could not be read: their curve is missing.",
    axes_replaced="The axes of the graph cannot be used: they go from −5 to 5.",
    left_out="The graph has too many elements: {count} are not drawn.",
    unresolved="{count} area(s) of the graph could not be bounded.",
    pair="({x}, {y})",
)


def phrases(language: Language) -> Phrases:
    """The phrases of a language."""
    return FR if language is Language.FR else EN
