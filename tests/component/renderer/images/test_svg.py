"""Drawings that somebody uploaded: drawn as they look, from nothing but their own bytes, within bounds."""

import base64
import io
import re
import socket
from importlib.resources import files
from pathlib import Path

import pytest
from PIL import Image

from contracts.graded_exam import ImageSegment
from services.renderer.images import svg
from services.renderer.images.collecting import DrawnFile
from services.renderer.images.decoding import LONGEST_SIDE, PreparedImage, prepare
from services.renderer.images.problems import ImageProblem, Reason
from services.renderer.limits import Limits
from services.renderer.workers.drawings import Drawings
from services.renderer.workers.pool import WorkerPool
from tests.unit.renderer.pages.fragments import fragments_of

LIMITS = Limits()
OPEN = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
RECT = '<rect width="50" height="50" fill="#c81e1e"/>'

DRAWING = f'{OPEN}width="200" height="40">{RECT}<text y="30">abc αβγ 漢字</text></svg>'


def _drawn(text: str) -> PreparedImage:
    return prepare(text.encode(), LIMITS)


def _reason(text: str | bytes) -> Reason:
    with pytest.raises(ImageProblem) as caught:
        prepare(text if isinstance(text, bytes) else text.encode(), LIMITS)
    return caught.value.reason


def _colours(picture: PreparedImage) -> set[tuple[int, ...]]:
    image = Image.open(io.BytesIO(picture.data)).convert("RGBA")
    return {colour for _, colour in image.getcolors(1 << 24) or [] if isinstance(colour, tuple)}


@pytest.mark.parametrize(
    ("size", "pixels"),
    [
        ('width="100" height="50"', (300, 150)),
        ('width="10mm" height="5mm"', (113, 57)),
        ('viewBox="0 0 200 100"', (600, 300)),
        ('viewBox="0 0 200 100" width="50"', (150, 75)),
        ('viewBox="0 0 200 100" width="100%" height="100%"', (600, 300)),
        ('viewBox="0 0 4e3 1000"', (LONGEST_SIDE, 500)),
        ('width="1e9" height="1e9"', (LONGEST_SIDE, LONGEST_SIDE)),
        ("", (300, 300)),
    ],
)
def test_a_drawing_is_drawn_in_its_own_size_and_no_larger_than_a_page(size: str, pixels: tuple[int, int]) -> None:
    picture = _drawn(f"{OPEN}{size}>" + RECT.replace("50", "100%") + "</svg>")
    assert picture.mime == "image/png"
    assert [picture.width, picture.height] == pytest.approx(pixels, abs=1)
    assert 0 < picture.density <= svg.PIXELS_PER_UNIT
    assert (200, 30, 30, 255) in _colours(picture)


@pytest.mark.parametrize(
    "head",
    [
        "",
        "\ufeff",
        '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n<!-- made by an editor -->\n',
        '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">\n',
        '<!DOCTYPE svg [ <!ENTITY ns_svg "http://www.w3.org/2000/svg"> ]>\n',
    ],
)
def test_what_editors_write_before_a_drawing_does_no_harm(head: str) -> None:
    assert (200, 30, 30, 255) in _colours(_drawn(f'{head}{OPEN}width="50" height="50">{RECT}</svg>'))


def test_text_is_drawn() -> None:
    picture = _drawn(f'{OPEN}width="200" height="40"><text x="5" y="30" font-size="24">Aire = 12 cm²</text></svg>')
    assert len(_colours(picture)) > 5


def test_the_faces_are_those_of_the_page() -> None:
    rules = files("services.renderer.typesetting").joinpath("fonts.conf").read_text()
    assert tuple(re.findall(r"<dir>(.*)</dir>", rules)) == svg.FONT_FOLDERS


def test_an_image_inside_a_drawing_is_shown() -> None:
    target = io.BytesIO()
    Image.new("RGB", (4, 4), (10, 200, 10)).save(target, "PNG")
    address = "data:image/png;base64," + base64.b64encode(target.getvalue()).decode()
    picture = _drawn(f'{OPEN}width="50" height="50"><image width="50" height="50" xlink:href="{address}"/></svg>')
    assert (10, 200, 10, 255) in _colours(picture)


@pytest.mark.parametrize("attribute", ["href", "xlink:href"])
@pytest.mark.parametrize("element", ["image", "feImage", "use", "linearGradient"])
@pytest.mark.parametrize("scheme", ["file", "http", "path", "relative", "nested", "entity"])
def test_whatever_refers_to_something_outside_is_refused(
    tmp_path: Path, attribute: str, element: str, scheme: str
) -> None:
    secret = tmp_path / "secret.png"
    Image.new("RGB", (4, 4), (10, 200, 10)).save(secret)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        inner = base64.b64encode(f'{OPEN}width="1" height="1"/>'.encode()).decode()
        address = {
            "file": f"file://{secret}",
            "http": f"http://127.0.0.1:{server.getsockname()[1]}/x.png",
            "path": str(secret),
            "relative": "secret.png",
            "nested": f"data:image/svg+xml;base64,{inner}",
            "entity": "&secret;",
        }[scheme]
        head = f'<!DOCTYPE svg [<!ENTITY secret "{secret}">]>'
        drawing = (
            f'{head}{OPEN}width="9" height="9">{RECT}<{element} width="9" height="9" {attribute}="{address}"/></svg>'
        )
        assert _reason(drawing) is Reason.EXTERNAL_CONTENT
        with pytest.raises(BlockingIOError):
            server.accept()


def test_an_external_entity_and_a_style_from_elsewhere_are_not_loaded(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    head = f'<!DOCTYPE svg [<!ENTITY secret SYSTEM "file://{tmp_path}/secret">]>'
    assert _reason(f'{head}{OPEN}width="9" height="9"><text>&secret;</text></svg>') is Reason.DAMAGED
    style = "<style>@import url(http://127.0.0.1:1/x.css); rect { fill: #0ac80a }</style>"
    picture = _drawn(
        f'<?xml-stylesheet href="http://127.0.0.1:1/y.css"?>{OPEN}width="50" height="50">{style}{RECT}</svg>'
    )
    assert (10, 200, 10, 255) in _colours(picture)


def test_a_link_a_script_and_an_animation_only_do_nothing() -> None:
    inner = '<script>alert(1)</script><a href="https://example.org/">' + RECT + "</a><animate attributeName='x'/>"
    assert (200, 30, 30, 255) in _colours(_drawn(f'{OPEN}width="50" height="50" onload="alert(1)">{inner}</svg>'))


LAUGHS = "".join(f'<!ENTITY a{level} "{f"&a{level - 1};" * 10}">' for level in range(1, 10))
USES = "".join(f'<g id="g{level}">{f"""<use href="#g{level - 1}"/>""" * 10}</g>' for level in range(1, 9))
FILTERED = '<rect filter="url(#f)" width="2000" height="2000"/>'
BLUR = '<filter id="f"><feGaussianBlur stdDeviation="500"/><feTurbulence numOctaves="1000000"/></filter>'


@pytest.mark.parametrize(
    "text",
    [
        f'<!DOCTYPE svg [<!ENTITY a0 "ha">{LAUGHS}]>{OPEN}width="9" height="9"><text>&a9;</text></svg>',
        f'{OPEN}width="9" height="9"><defs><rect id="g0" width="1" height="1"/>{USES}</defs><use href="#g8"/></svg>',
        f'{OPEN}width="2000" height="2000">{BLUR}'
        + '<rect filter="url(#f)" width="2000" height="2000"/>' * 9
        + "</svg>",
        f'{OPEN}width="9" height="9">' + "<g>" * 5_000 + RECT + "</g>" * 5_000 + "</svg>",
        f'{OPEN}width="9" height="9">' + "<g/>" * 60_000 + "</svg>",
    ],
    ids=["entities", "uses", "filters", "depth", "elements"],
)
async def test_a_drawing_that_costs_too_much_is_refused_and_the_next_one_is_drawn(
    pool: WorkerPool, tmp_path: Path, text: str
) -> None:
    drawings = Drawings(pool)
    found = await drawings.draw(_file(tmp_path / "bomb", text))
    assert isinstance(found, ImageProblem)
    assert found.reason in (Reason.TOO_COMPLEX, Reason.DAMAGED)
    assert isinstance(await drawings.draw(_file(tmp_path / "next", DRAWING)), DrawnFile)


def _file(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


async def test_a_drawing_is_the_same_from_a_worker(pool: WorkerPool, tmp_path: Path) -> None:
    found = await Drawings(pool).draw(_file(tmp_path / "a", DRAWING))
    assert isinstance(found, DrawnFile)
    drawn = svg.Drawing(found.path.read_bytes(), found.density)
    assert prepare(drawn, LIMITS) == prepare(DRAWING.encode(), LIMITS)


async def test_why_a_drawing_is_refused_is_told_from_a_worker(pool: WorkerPool, tmp_path: Path) -> None:
    text = f'{OPEN}width="9" height="9">{RECT}<image href="file:///etc/passwd"/></svg>'
    found = await Drawings(pool).draw(_file(tmp_path / "a", text))
    assert isinstance(found, ImageProblem)
    assert found.reason is Reason.EXTERNAL_CONTENT


@pytest.mark.parametrize(
    "text",
    [
        "<svg",
        "<svg/>",
        f'{OPEN}width="9" height="9"><rect></svg>',
        '<svg xmlns="http://www.w3.org/1999/xhtml"/>',
        '<?xml version="1.0" encoding="klingon"?>' + OPEN + "/>",
    ],
)
def test_what_is_no_drawing_is_damaged(text: str) -> None:
    assert _reason(text) is Reason.DAMAGED


def test_a_drawing_of_nothing_is_not_shown_as_nothing() -> None:
    assert _reason(f'{OPEN}width="9" height="9"></svg>') is Reason.UNREADABLE


def test_text_that_only_a_browser_lays_out_is_refused_unless_it_has_a_substitute() -> None:
    foreign = '<foreignObject width="9" height="9"><p xmlns="http://www.w3.org/1999/xhtml">x</p></foreignObject>'
    assert _reason(f'{OPEN}width="50" height="50">{RECT}{foreign}</svg>') is Reason.UNPRINTABLE_DRAWING
    picture = _drawn(f'{OPEN}width="50" height="50"><switch>{foreign}{RECT}</switch></svg>')
    assert (200, 30, 30, 255) in _colours(picture)


def test_the_same_drawing_gives_the_same_bytes() -> None:
    assert svg.draw(DRAWING.encode(), LONGEST_SIDE) == svg.draw(DRAWING.encode(), LONGEST_SIDE)


def test_a_drawing_is_printed_in_its_own_size() -> None:
    drawing = b'<svg xmlns="http://www.w3.org/2000/svg" width="50" height="9"><rect width="9" height="9"/></svg>'
    markup = str(fragments_of(u=drawing).content((ImageSegment(url="u", alt="Un carré"),)))
    assert '<img src="file:0" alt="Un carré" style="image-resolution: 3.0000dppx"/>' in markup
