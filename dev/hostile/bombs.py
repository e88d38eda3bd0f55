"""Resource bombs: contents, exams and files that ask for more time or memory than they may, each made when called."""

import json
from collections.abc import Callable

from dev.hostile import exams
from dev.hostile.exams import Json, formula, picture, words
from dev.hostile.pictures import PICTURES, data_url, dot

MEGABYTE = 1_000_000


def nested_tables(levels: int) -> Json:
    """A table in a table in a table."""
    made: Json = words("x")
    for _ in range(levels):
        made = {"type": "table", "rows": [[[made]]]}
    return [made]


def wide_table(rows: int, columns: int, text: str = "x") -> Json:
    """A table of so many cells."""
    return [{"type": "table", "rows": [[[words(text)]] * columns] * rows}]


def bushy_tables(levels: int, rows: int) -> Json:
    """Tables of tables, `rows` to the power of `levels` cells."""
    made: Json = [words("x")]
    for _ in range(levels):
        made = [{"type": "table", "rows": [[made]] * rows}]
    return made


def functions(expression: str, count: int = 1, low: object = -5, high: object = 5, **axes: object) -> Json:
    """A graph of so many functions."""
    function = {"expression": expression, "domain": {"min": low, "max": high}}
    return [{"type": "graph", "axes": axes, "functions": [function | {"id": f"f{n}"} for n in range(count)]}]


def labelled_points(count: int, latex: str) -> Json:
    """A graph of so many points, each with a formula for its label."""
    points = [{"id": f"p{n}", "x": n % 9, "y": n % 7, "labelSegments": [formula(latex)]} for n in range(count)]
    return [{"type": "graph", "points": points}]


def sums(levels: int) -> str:
    """A sum whose bounds are sums."""
    return r"\sum_{\sum^{x}}^{" * levels + "x" + "}" * levels


def definitions(levels: int) -> str:
    """A command that stands for ten of another, and so on."""
    defined = "".join(rf"\def\{chr(97 + n)}{{{(chr(92) + chr(96 + n)) * 10 if n else 'x'}}}" for n in range(levels))
    return defined + "\\" + chr(96 + levels)


CONTENTS: dict[str, Callable[[], Json]] = {
    "a megabyte of words and formulas": lambda: "mot $x^2$ " * (MEGABYTE // 10),
    "a megabyte of different formulas": lambda: " ".join(f"$x_{{{n}}}$" for n in range(MEGABYTE // 10)),
    "a line of a megabyte": lambda: "x" * MEGABYTE,
    "a megabyte of spaces": lambda: "x" + " " * MEGABYTE + "x",
    "a megabyte of line breaks": lambda: "x" + "\n" * MEGABYTE + "x",
    "a megabyte of dollars": lambda: "$" * MEGABYTE,
    "a megabyte of open formulas": lambda: "$x" * (MEGABYTE // 2),
    "a megabyte of backslashes": lambda: "\\" * MEGABYTE,
    "a megabyte of environments": lambda: r"\begin{align}" * (MEGABYTE // 13),
    "a megabyte of open pictures": lambda: "![" * (MEGABYTE // 2),
    "a megabyte of half pictures": lambda: "![x](" * (MEGABYTE // 5),
    "a megabyte of open tags": lambda: '<span data-structure="fraction">' * (MEGABYTE // 32),
    "a megabyte of brackets": lambda: "[" * (MEGABYTE // 2) + "]" * (MEGABYTE // 2),
    "a megabyte of JSON": lambda: json.dumps([[]] * (MEGABYTE // 4)),
    "100,000 open brackets": lambda: "[" * 100_000,
    "combining marks": lambda: ("e" + "\u0301" * 1_000) * 400,
    "combining marks alone": lambda: "\u0301" * 400_000,
    "different marks on each letter": lambda: "".join(
        f"e{''.join(map(chr, range(0x300, 0x370)))}" for _ in range(3_000)
    ),
    "controls": lambda: "\x01\x02\x03\u202e\u2066" * 80_000,
    "joiners": lambda: "\u200d\u200c" * 200_000,
    "emoji joined": lambda: "👨\u200d" * 100_000,
    "one Arabic word": lambda: "سلام" * 100_000,
    "Arabic and Latin in turn": lambda: "a ب " * 100_000,
    "Thai without a space": lambda: "ภาษาไทย" * 50_000,
    "Chinese without a space": lambda: "汉" * 400_000,
    "a face for each character": lambda: "".join(chr(c) for c in range(0x21, 0x2FFFF) if not 0xD800 <= c < 0xE000),
    "soft hyphens": lambda: "x\u00ad" * 200_000,
    "no-break spaces": lambda: "x\u00a0" * 200_000,
    "slashes": lambda: "/" * 400_000,
    "tables in tables, 30 levels": lambda: nested_tables(30),
    "tables in tables, 5,000 levels, as text": lambda: '[{"type":"table","rows":[[' * 5_000 + "]]}]" * 5_000,
    "a table of 10,000 rows of 50": lambda: wide_table(10_000, 50),
    "a table of 200 rows of 50, each of 40 letters": lambda: wide_table(200, 50, "m" * 40),
    "a table of 200 rows of 50 formulas": lambda: wide_table(200, 50, r"$\frac{a}{b}$"),
    "a table of 1 row of 100,000": lambda: wide_table(1, 100_000),
    "a table of 100,000 rows of 1": lambda: wide_table(100_000, 1),
    "a table of 100,000 empty rows": lambda: [{"type": "table", "rows": [[]] * 100_000}],
    "tables of tables of 200 rows": lambda: bushy_tables(2, 200),
    "tables of tables of tables of 40 rows": lambda: bushy_tables(3, 40),
    "1,000 tables": lambda: wide_table(2, 2) * 1_000,
    "a table of huge widths": lambda: [
        {
            "type": "table",
            "rows": [[[words("x")]] * 3] * 3,
            "colWidths": [1e308, -1e308, 1e-308],
            "rowHeights": [1e308] * 3,
        }
    ],
    "100,000 segments": lambda: [words("x"), formula("x")] * 50_000,
    "100,000 displayed formulas": lambda: [formula("x", display=True)] * 100_000,
    "100,000 empty segments": lambda: [words("")] * 100_000,
    "100,000 pictures that cannot be had": lambda: [picture("none.png")] * 100_000,
    "10,000 different pictures that cannot be had": lambda: [picture(f"https://x.example/{n}") for n in range(10_000)],
    "10,000 tiny pictures": lambda: [picture(data_url(dot(n % 256))) for n in range(10_000)],
    "a picture with a megabyte of description": lambda: [
        {"type": "image", "url": data_url(dot()), "alt": "x " * 500_000}
    ],
    "an address of 30 megabytes": lambda: [picture("data:image/png;base64," + "A" * 30_000_000)],
    "1,000 graphs": lambda: [{"type": "graph"}] * 1_000,
    "20,000 graphs": lambda: [{"type": "graph"}] * 20_000,
    "50 graphs of 60 functions": lambda: functions("sin(x)", 60) * 50,
    "a graph of 100,000 points": lambda: [{"type": "graph", "points": [{"x": 0, "y": 0}] * 100_000}],
    "a graph of 500 long formulas": lambda: labelled_points(500, "x+" * 400 + "x"),
    "a graph of 500 formulas over the limit": lambda: labelled_points(500, "x+" * 1_900 + "x"),
    "a graph of 500 labels of 10,000 pieces": lambda: [
        {"type": "graph", "points": [{"x": n, "y": 0, "labelSegments": [formula("x")] * 1_000} for n in range(100)]}
    ],
    "a graph of 500 different formulas": lambda: [
        {
            "type": "graph",
            "texts": [{"x": 0, "y": 0, "text": rf"\frac{{{n}}}{{x_{n}}}", "isMath": True} for n in range(500)],
        }
    ],
    "a graph of 60 areas between 60 functions": lambda: [
        {
            "type": "graph",
            "functions": [{"id": f"f{n}", "expression": f"{n}/10*sin({n}x)"} for n in range(60)],
            "areas": [
                {"mode": "between-functions", "functionId": f"f{n}", "functionId2": f"f{n + 1}"} for n in range(59)
            ],
        }
    ],
    "a tower of powers": lambda: functions("^".join(["9"] * 60)),
    "a tower of x": lambda: functions("^".join(["x"] * 60), 60),
    "a function with a jump at each pixel": lambda: functions("E(10^9*x)/10^3", 60),
    "a function that swings": lambda: functions("tan(10^9*x)", 60),
    "a domain of 10^300": lambda: functions("x", 60, -1e300, 1e300),
    "axes of 10^300": lambda: functions("x", 1, None, None, xMin=-1e300, xMax=1e300, gridStep=1e-300),
    "a grid of 10^12 lines": lambda: functions(
        "x", 1, None, None, xMin=-1e6, xMax=1e6, gridStep=1e-6, xStep=1e-6, yStep=1e-6
    ),
    "a function of 10,000 brackets": lambda: functions("(" * 10_000 + "x" + ")" * 10_000),
    "a function of a megabyte": lambda: functions("x+" * (MEGABYTE // 2) + "x"),
    "a function of a number of 4,000 digits": lambda: functions("9" * 4_000 + "x"),
    "a graph of 10^9 pixels": lambda: [
        {"type": "graph", "width": 1e9, "height": 1e9, "axes": {"xMin": 1e9, "xMax": -1e9}}
    ],
    **{
        f"formula: {name}": lambda latex=latex: f"${latex}$"  # type: ignore[misc]
        for name, latex in {
            "200 levels of fractions": r"\frac{1}{" * 200 + "x" + "}" * 200,
            "60 levels of fractions": r"\frac{1}{" * 60 + "x" + "}" * 60,
            "60 levels of roots": r"\sqrt{" * 60 + "x" + "}" * 60,
            "2,000 scripts": "x" + "_{x" * 1_000 + "}" * 1_000,
            "2,000 open braces": "{" * 2_000,
            "sums of sums": sums(30),
            "sums of sums of sums": sums(200),
            "macros in macros": definitions(8),
            "a macro of itself": r"\def\a{\a\a}\a",
            "macros of each other": r"\newcommand{\a}{\b\b}\newcommand{\b}{\a\a}\a",
            "a macro of macros": r"\newcommand{\a}[9]{#1#1#1#1#1#1#1#1#1}" + r"\a{" * 60 + "x" + "}" * 60,
            "an array of 60 by 60": r"\begin{matrix}" + (r"x&" * 30 + r"\\") * 30 + r"\end{matrix}",
            "arrays in arrays": r"\begin{matrix}" * 40 + "x" + r"\end{matrix}" * 40,
            "wide columns": r"\begin{array}{" + "c" * 3_000 + r"}x\end{array}",
            "repeated columns": r"\begin{array}{*{99999999}{c}}x\end{array}",
            "a rule of a light year": r"\rule{99999999999em}{99999999999em}",
            "a space of a light year": r"\hspace{99999999999em}x\hspace{-99999999999em}",
            "a number of 4,000 digits": "9" * 3_990,
            "3,900 letters": "x" * 3_900,
            "delimiters": r"\left(" * 60 + "x" + r"\right)" * 60,
            "open delimiters": r"\left(" * 600,
            "accents": r"\hat{" * 60 + "x" + "}" * 60,
            "primes": "x" + "'" * 3_900,
            "stacked": r"\overset{x}{" * 60 + "x" + "}" * 60,
            "limits": r"\underbrace{" * 60 + "x" + "}" * 60,
            "text": r"\text{" + "mot " * 900 + "}",
            "chemistry": r"\ce{" + "H2O + " * 600 + "}",
            "chemical bonds": r"\ce{" + "A-" * 1_900 + "}",
            "units": r"\SI{" + "9" * 1_000 + "}{" + r"\metre\per" * 200 + "}",
            "colours": r"\color{red}" * 350 + "x",
            "phantoms": r"\phantom{" * 60 + "x" + "}" * 60,
            "characters": r"\char" * 780,
            "over": r"x \over " * 480 + "x",
            "scaled": r"\scalebox{9999999}{" * 60 + "x" + "}" * 60,
        }.items()
    },
}
"""Contents by what they are."""

CONTENTS |= {
    f"picture: {name}": lambda make=make: [picture(data_url(make()))]  # type: ignore[misc]
    for name, make in PICTURES.items()
}


def _fields(**fields: Json) -> Json:
    made = exams.of_answers(["Bonjour"])
    made["exam"] |= fields
    return made


EXAMS: dict[str, Callable[[], Json]] = {
    "a title of a megabyte": lambda: _fields(title="x " * (MEGABYTE // 2)),
    "a title of one word of a megabyte": lambda: _fields(title="x" * MEGABYTE),
    "a title of 100,000 formulas": lambda: _fields(title="$x^2$ " * 100_000),
    "a description of a megabyte": lambda: _fields(description="mot $x^2$ " * (MEGABYTE // 10)),
    "a school's name of a megabyte": lambda: _fields(institution={"id": "i", "name": "x" * MEGABYTE}),
    "a course of a megabyte": lambda: _fields(course={"code": "x" * MEGABYTE, "name": "x " * (MEGABYTE // 2)}),
    "a statement of a megabyte": lambda: _fields(
        sections=[
            {
                "id": "s",
                "title": "",
                "questions": [{"id": "q0", "label": "1", "type": "TEXT", "content": "x " * 500_000}],
            }
        ]
    ),
    "a label of a megabyte": lambda: _fields(
        sections=[
            {"id": "s", "title": "x" * MEGABYTE, "questions": [{"id": "q0", "label": "x" * MEGABYTE, "type": "TEXT"}]}
        ]
    ),
    "3,000 questions": lambda: _fields(
        sections=[
            {
                "id": "s",
                "title": "",
                "questions": [{"id": f"q{n}", "label": f"{n}", "type": "TEXT"} for n in range(3_000)],
            }
        ]
    ),
    "10,000 options": lambda: _fields(
        sections=[
            {
                "id": "s",
                "title": "",
                "questions": [
                    {
                        "id": "q0",
                        "label": "1",
                        "type": "MCQ",
                        "options": [{"id": f"o{n}", "content": "x"} for n in range(10_000)],
                    }
                ],
            }
        ]
    ),
    "names of a megabyte": lambda: exams.exam([], [exams.copy(0, [], name="x" * MEGABYTE, email="y" * MEGABYTE)]),
    "10,000 classes in each other": lambda: (
        exams.of_answers(["x"])
        | {"classes": [{"id": f"c{n}", "name": "x" * 100, "parentId": f"c{n + 1}"} for n in range(10_000)]}
    ),
    "classes in a circle": lambda: (
        exams.of_answers(["x"])
        | {"classes": [{"id": "c0", "name": "x", "parentId": "c1"}, {"id": "c1", "name": "y", "parentId": "c0"}]}
    ),
    "10,000 absent students": lambda: (
        exams.of_answers(["x"]) | {"absent": [{"name": "é" * 200, "email": f"{n}@x.example"} for n in range(10_000)]}
    ),
    "marks of 10^308": lambda: _with_scores(1e308),
    "marks of 10^-308": lambda: _with_scores(1e-308),
}
"""Whole exams by what they are: here the bomb is in what all copies share."""


def _with_scores(score: float) -> Json:
    made = exams.of_answers(["x"] * 32)
    for question in made["exam"]["sections"][0]["questions"]:
        question["maxPoints"] = score
    for each in made["submissions"]:
        for answer in each["answers"]:
            answer["score"] = score
    return made


FILES: dict[str, Callable[[], bytes]] = {
    "100,000 levels of lists": lambda: b'{"exam":' + b"[" * 100_000,
    "100,000 levels of objects": lambda: b'{"exam":' + b'{"x":' * 100_000,
    "100,000 levels in a copy": lambda: _spliced(b'[{"id":' + b"[" * 100_000),
    "a number of a megabyte": lambda: _spliced(b"[" + b"9" * MEGABYTE + b"]"),
    "a number with a huge exponent": lambda: _spliced(b"[1e999999999999]"),
    "a key of ten megabytes": lambda: b'{"' + b"k" * 10 * MEGABYTE + b'":1}',
    "a string of ten megabytes that never ends": lambda: b'{"exam":"' + b"x" * 10 * MEGABYTE,
    "a million keys": lambda: b"{" + b",".join(b'"%d":0' % n for n in range(MEGABYTE)) + b"}",
    "the same key 100,000 times": lambda: b"{" + b'"exam":{},' * 100_000 + b'"exam":{}}',
    "backslashes": lambda: b'{"exam":"' + b"\\" * MEGABYTE + b'"}',
    "zeros": lambda: bytes(MEGABYTE),
    "nothing": lambda: b"",
    "a bare number": lambda: b"1",
}
"""Files that are no graded exam, by what they are."""


def _spliced(submissions: bytes) -> bytes:
    """A graded exam with these bytes in the place of its copies."""
    made = exams.of_answers(["x"])
    made["submissions"] = "HERE"
    return json.dumps(made).encode().replace(b'"HERE"', submissions)
