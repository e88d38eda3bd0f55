"""Draws the sample's pictures. Run by hand (`python -m dev.sample.pictures`): the PNG files are the sample's source."""

from base64 import b64encode
from pathlib import Path

IMAGES = Path(__file__).parent / "images"
SCALE = 4  # drawn large, then reduced: smooth edges


def data_url(name: str) -> str:
    """The committed picture as a `data:` URL."""
    return "data:image/png;base64," + b64encode((IMAGES / f"{name}.png").read_bytes()).decode()


def _circuit() -> None:
    from PIL import Image, ImageDraw

    picture = Image.new("L", (420 * SCALE, 220 * SCALE), 255)
    pen = ImageDraw.Draw(picture)

    def line(*points: tuple[float, float]) -> None:
        pen.line([(x * SCALE, y * SCALE) for x, y in points], fill=0, width=2 * SCALE)

    def word(x: float, y: float, text: str) -> None:
        pen.text((x * SCALE, y * SCALE), text, fill=0, font_size=18 * SCALE)

    line((60, 95), (60, 40), (150, 40))  # the generator's branch up to contact 1
    line((40, 95), (80, 95))
    line((50, 107), (70, 107))
    line((60, 107), (60, 190), (360, 190))
    line((215, 40), (160, 60))  # the switch, between its two contacts
    line((165, 85), (130, 85), (130, 190))  # the branch of contact 2
    line((215, 40), (240, 40))
    pen.rectangle([240 * SCALE, 28 * SCALE, 320 * SCALE, 52 * SCALE], outline=0, width=2 * SCALE)
    line((320, 40), (360, 40), (360, 105))
    line((335, 105), (385, 105))
    line((335, 117), (385, 117))
    line((360, 117), (360, 190))
    for x, y in ((150, 40), (165, 85), (215, 40)):
        pen.ellipse([(x - 4) * SCALE, (y - 4) * SCALE, (x + 4) * SCALE, (y + 4) * SCALE], fill=0)
    for x, y, text in ((20, 90, "E"), (272, 3, "R"), (392, 100, "C"), (140, 14, "1"), (176, 76, "2"), (208, 12, "K")):
        word(x, y, text)
    picture.resize((420, 220), Image.Resampling.LANCZOS).quantize(16).save(IMAGES / "circuit.png", optimize=True)


def _logo() -> None:
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (96 * SCALE, 96 * SCALE), "#ffffff")
    pen = ImageDraw.Draw(picture)
    pen.rounded_rectangle([0, 0, 96 * SCALE - 1, 96 * SCALE - 1], radius=18 * SCALE, fill="#1f4e79")
    pen.polygon([(v[0] * SCALE, v[1] * SCALE) for v in ((16, 40), (48, 18), (80, 40))], fill="#ffffff")
    for x in (22, 38, 52, 68):
        pen.rectangle([x * SCALE, 45 * SCALE, (x + 7) * SCALE, 70 * SCALE], fill="#ffffff")
    pen.rectangle([16 * SCALE, 73 * SCALE, 80 * SCALE, 79 * SCALE], fill="#f2b134")
    picture.resize((96, 96), Image.Resampling.LANCZOS).quantize(32).save(IMAGES / "logo.png", optimize=True)


if __name__ == "__main__":
    IMAGES.mkdir(exist_ok=True)
    _circuit()
    _logo()
