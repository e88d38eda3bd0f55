"""Image files that claim more than they are, or are more than they claim: bombs, polyglots, damaged ones."""

import struct
import zlib
from base64 import b64encode

_PNG = b"\x89PNG\r\n\x1a\n"


def chunk(kind: bytes, data: bytes) -> bytes:
    """A PNG chunk with its length and checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, rows: bytes, *, depth: int = 8, colour: int = 0, extra: bytes = b"") -> bytes:
    """A PNG file of these claims and these packed rows; `extra` chunks stand before the pixels."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return _PNG + chunk(b"IHDR", header) + extra + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def dot(grey: int = 0) -> bytes:
    """A PNG of one pixel; 256 different ones."""
    return png(1, 1, zlib.compress(bytes([0, grey])))


def zeros(count: int) -> bytes:
    """So many zeros, as zlib packs them, a thousand to one."""
    packer = zlib.compressobj(9)
    block = bytes(1_000_000)
    packed = [packer.compress(block) for _ in range(count // len(block))]
    return b"".join((*packed, packer.compress(bytes(count % len(block))), packer.flush()))


def data_url(data: bytes, mime: str = "image/png") -> str:
    """An address with the bytes inside."""
    return f"data:{mime};base64,{b64encode(data).decode()}"


def svg(body: str, head: str = "", attributes: str = 'width="100" height="100"') -> bytes:
    """An SVG file."""
    return f'{head}<svg xmlns="http://www.w3.org/2000/svg" {attributes}>{body}</svg>'.encode()


def laughs(levels: int = 12) -> bytes:
    """A billion laughs: each entity is ten of the one before."""
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, levels))
    return svg(f"<text>&e{levels - 1};</text>", f'<!DOCTYPE svg [<!ENTITY e0 "ha">{entities}]>')


def uses(levels: int = 30) -> bytes:
    """Two to the power of `levels` squares, by elements that use the one before twice."""
    body = '<rect id="u0" width="1" height="1"/>'
    body += "".join(f'<g id="u{n}"><use href="#u{n - 1}"/><use href="#u{n - 1}"/></g>' for n in range(1, levels + 1))
    return svg(body)


def patterns(levels: int = 20) -> bytes:
    """Patterns filled with patterns."""
    filled = '<rect width="99" height="99" fill="url(#p{})"/>'
    made = (f'<pattern id="p{n}" width=".01" height=".01">{filled.format(n + 1)}</pattern>' for n in range(levels))
    return svg("".join(made) + filled.format(0))


def filters(count: int = 200) -> bytes:
    """Blurs and turbulences of the whole drawing, one after the other."""
    steps = '<feTurbulence baseFrequency="9" numOctaves="9999"/><feGaussianBlur stdDeviation="9999"/>' * count
    steps += '<feMorphology radius="9999"/><feConvolveMatrix order="99" kernelMatrix="' + "1 " * 9_801 + '"/>'
    return svg(f'<filter id="f">{steps}</filter><rect width="100" height="100" filter="url(#f)"/>')


PICTURES = {
    "a PNG that claims 65,535 by 65,535": lambda: png(65_535, 65_535, zlib.compress(b"\0")),
    "a PNG that claims 2^31 pixels a side": lambda: png(2**31 - 1, 2**31 - 1, zlib.compress(b"\0")),
    "a PNG of no pixels": lambda: png(0, 0, zlib.compress(b"\0")),
    "a PNG of 10,000 by 10,000 zeros": lambda: png(10_000, 10_000, zeros(10_000 * 10_001)),
    "a PNG with a gigabyte in its pixels": lambda: png(8, 8, zeros(1_000_000_000)),
    "a PNG with a gigabyte in its text": lambda: png(
        1, 1, zlib.compress(b"\0\0"), extra=chunk(b"zTXt", b"x\0\0" + zeros(1_000_000_000))
    ),
    "a PNG with a gigabyte in its profile": lambda: png(
        1, 1, zlib.compress(b"\0\0"), extra=chunk(b"iCCP", b"x\0\0" + zeros(1_000_000_000))
    ),
    "a PNG of a line of 60 million pixels": lambda: png(60_000_000, 1, zeros(60_000_001)),
    "a PNG of 16 bits a colour": lambda: png(5_000, 5_000, zeros(5_000 * 40_001), depth=16, colour=6),
    "an APNG that claims 2^31 frames": lambda: png(
        1, 1, zlib.compress(b"\0\0"), extra=chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0))
    ),
    "an APNG of 20,000 frames": lambda: png(
        1,
        1,
        zlib.compress(b"\0\0"),
        extra=chunk(b"acTL", struct.pack(">II", 20_000, 0))
        + b"".join(chunk(b"fcTL", struct.pack(">IIIIIHHBB", n, 1, 1, 0, 0, 0, 0, 0, 0)) for n in range(20_000)),
    ),
    "a JPEG that claims 65,535 by 65,535": lambda: (
        b"\xff\xd8\xff\xc0\x00\x0b\x08\xff\xff\xff\xff\x01\x01\x11\x00\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00"
        + b"\0" * 999
    ),
    "a JPEG of 100,000 scans": lambda: (
        b"\xff\xd8\xff\xc2\x00\x0b\x08\x27\x10\x27\x10\x01\x01\x11\x00"
        + b"\xff\xda\x00\x08\x01\x01\x00\x00\x00\x00\0" * 100_000
        + b"\xff\xd9"
    ),
    "a WebP that claims 16,383 by 16,383": lambda: (
        b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f" + b"\xff\xff\xff\x0f" + b"\0" * 8
    ),
    "a WebP that claims 2^24 a side": lambda: b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0" + b"\xff" * 6,
    "a GIF that claims 65,535 by 65,535": lambda: (
        b"GIF89a\xff\xff\xff\xff\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\xff\xff\xff\xff\0\x02\x02D\x01\0;"
    ),
    "a BMP that claims 2^31 pixels a side": lambda: (
        b"BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\xff\xff\xff\x7f\xff\xff\xff\x7f\x01\0\x18\0" + b"\0" * 24
    ),
    "a PNG that is also a page of HTML": lambda: dot() + b"<html><script>fetch('http://127.0.0.1/')</script>",
    "a PNG that is also a PDF": lambda: dot() + b"%PDF-1.7 /OpenAction << /S /JavaScript /JS (app.alert(1)) >>",
    "a GIF that is also a script": lambda: b"GIF89a/*\0\0\0\0\0*/=1;alert(1)//;",
    "PostScript": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) (r) file\n",
    "a FITS file": lambda: b"SIMPLE  =                    T" + b" " * 2_850,
    "a PDF": lambda: b"%PDF-1.7\n1 0 obj << /OpenAction << /S /JavaScript /JS (1) >> >> endobj",
    "billion laughs": laughs,
    "2^30 squares by use": uses,
    "an element that uses itself": lambda: svg('<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g>'),
    "a drawing that contains itself": lambda: svg(f'<image href="{data_url(svg("<rect/>"), "image/svg+xml")}"/>'),
    "patterns in patterns": patterns,
    "filters": filters,
    "a path of a megabyte": lambda: svg(f'<path stroke="red" stroke-dasharray=".001" d="M0 0{"L9 9 0 9" * 120_000}"/>'),
    "a path with dashes of nothing": lambda: svg('<path stroke="red" stroke-dasharray="1e-9" d="M0 0L1e9 1e9"/>'),
    "a drawing of 10^300 units": lambda: svg("<rect/>", attributes='width="1e300" height="1e300"'),
    "a drawing of 10^-300 units": lambda: svg("<rect/>", attributes='width="1e-300" viewBox="0 0 1e-300 1e300"'),
    "200,000 elements": lambda: svg("<g/>" * 200_000),
    "10,000 elements in each other": lambda: svg("<g>" * 10_000 + "</g>" * 10_000),
    "a text of a megabyte": lambda: svg(f"<text>{'mot ' * 250_000}</text>"),
    "100,000 attributes": lambda: svg("<rect " + " ".join(f'a{n}="1"' for n in range(100_000)) + "/>"),
    "embedded pictures that claim 65,535 by 65,535": lambda: svg(
        f'<image href="{data_url(png(65_535, 65_535, zlib.compress(b"0")))}" width="9" height="9"/>' * 50
    ),
}
"""Files by what they are; each is made when it is called for."""
