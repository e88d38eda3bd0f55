"""What lies below the typesetter on this machine: the versions of Pango and HarfBuzz, and the faces that are found.

Two machines where these are alike, and the sources and libraries too, set a page in the same bytes.
"""

from pathlib import PurePath

from weasyprint.text.ffi import ffi, fontconfig, harfbuzz, pango

from services.renderer.typesetting.typesetter import faces

ffi.cdef("const char * hb_version_string (void);")


def description() -> str:
    """A text with a line each: Pango, HarfBuzz, then the faces by file, index and version, in order."""
    harfbuzz_version = ffi.string(harfbuzz.hb_version_string()).decode()
    return "\n".join((f"pango {pango.pango_version()}", f"harfbuzz {harfbuzz_version}", *sorted(_faces())))


def _faces() -> set[str]:
    fonts = fontconfig.FcConfigGetFonts(faces().config, fontconfig.FcSetSystem)
    return {_face(fonts.fonts[index]) for index in range(fonts.nfont)}


def _face(pattern: object) -> str:
    text = ffi.new("FcChar8 **")
    number = ffi.new("int *")
    file = ""
    if fontconfig.FcPatternGetString(pattern, b"file", 0, text) == 0:
        file = PurePath(ffi.string(text[0]).decode("utf-8", "replace")).name
    found = [file]
    for name in (b"index", b"fontversion"):
        number[0] = 0
        fontconfig.FcPatternGetInteger(pattern, name, 0, number)
        found.append(str(number[0]))
    return " ".join(found)
