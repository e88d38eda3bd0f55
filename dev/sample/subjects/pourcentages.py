"""The other school's small exam: Seconde 4 on percentages, on 10 points."""

from datetime import datetime

from dev.sample.identity import identifier
from dev.sample.model import Paper
from dev.sample.people import LAC_CLASSES, LAC_MATHS, MARCHETTI
from dev.sample.subjects.writing import chapters, mcq, question, section

POURCENTAGES = Paper(
    id=identifier("exam", "pourcentages"),
    key="pourcentages",
    title="Interrogation : pourcentages et évolutions",
    description=None,
    course=LAC_MATHS,
    chapters=chapters(
        "pourcentages",
        section(
            "Default",
            question("lac.1", 3, "Le prix d'un cahier passe de 4 € à 5 €. Quel est le pourcentage d'augmentation ?"),
            question("lac.2", 4, "Un prix augmente de 10 %, puis baisse de 10 %. Revient-il à sa valeur de départ ?"),
            mcq(
                "lac.3",
                "Baisser de $20\\,\\%$, c'est multiplier par :",
                (("$0{,}2$", False, None), ("$0{,}8$", True, None), ("$1{,}2$", False, None)),
                points=3.0,
                all_or_nothing=True,
            ),
            default=True,
        ),
    ),
    author=MARCHETTI,
    starts=datetime(2025, 11, 27, 8, 0),
    minutes=30,
    groups=(LAC_CLASSES["s4"],),
)
