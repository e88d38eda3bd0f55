"""The font configuration of reports: only the fonts of `fonts.conf`, so that a page looks the same on every machine.

The environment's fontconfig (users' fonts, local preferences, FONTCONFIG_FILE) is never consulted.
"""

from importlib.resources import files

from markupsafe import Markup
from weasyprint.text.ffi import ffi, fontconfig, gobject, pangoft2
from weasyprint.text.fonts import FontConfiguration

FALLBACKS = (
    "Noto Serif",
    "Noto Naskh Arabic",
    "Noto Serif Hebrew",
    "Noto Serif CJK SC",
    "Noto Sans Math",
    "Noto Sans Symbols",
    "Noto Sans Symbols2",
)
"""What covers the characters a face lacks, in order: Greek and Cyrillic, Arabic, Hebrew, Chinese, signs.

Emoji are left to the font configuration, where Noto Color Emoji is the only face that has them: named here, it would
take over digits and spaces, which it has too.
"""

TEXT = ("TeX Gyre Pagella", *FALLBACKS)
LABEL = ("TeX Gyre Heros", *FALLBACKS)
CODE = ("DejaVu Sans Mono", *FALLBACKS)

PACKAGES = {
    "TeX Gyre Pagella": "fonts-texgyre",
    "TeX Gyre Heros": "fonts-texgyre",
    "DejaVu Sans Mono": "fonts-dejavu-core",
    "Noto Serif": "fonts-noto-core",
    "Noto Naskh Arabic": "fonts-noto-core",
    "Noto Serif Hebrew": "fonts-noto-core",
    "Noto Sans Math": "fonts-noto-core",
    "Noto Serif CJK SC": "fonts-noto-cjk",
    "Noto Color Emoji": "fonts-noto-color-emoji",
}
"""The Debian package each family comes from."""

ffi.cdef(
    """
    FcConfig * FcConfigCreate (void);
    FcBool FcConfigBuildFonts (FcConfig *config);
    typedef ... FcCharSet;
    FcBool FcCharSetHasChar (const FcCharSet *charset, unsigned int character);
    FcResult FcPatternGetInteger (const FcPattern *p, const char *object, int n, int *i);
    FcResult FcPatternGetCharSet (const FcPattern *p, const char *object, int n, FcCharSet **c);
    """
)


class Typefaces(FontConfiguration):  # type: ignore[misc]  # the library ships no types
    """WeasyPrint's font configuration with our fonts, loaded once a process and shared by all documents."""

    def __init__(self) -> None:
        self._config = fontconfig.FcConfigCreate()
        rules = files(__package__).joinpath("fonts.conf").read_bytes()
        if not fontconfig.FcConfigParseAndLoadFromMemory(self._config, rules, True):
            raise RuntimeError("fonts.conf is not a font configuration")
        fontconfig.FcConfigBuildFonts(self._config)
        self.font_map = ffi.gc(pangoft2.pango_ft2_font_map_new(), gobject.g_object_unref)
        pangoft2.pango_fc_font_map_set_config(ffi.cast("PangoFcFontMap *", self.font_map), self._config)
        self._folder = None
        self.strut_layouts: dict[object, object] = {}
        self.font_features: dict[object, object] = {}
        self._charsets = self._read_charsets()
        self._covered: dict[str, bool] = {}

    @property
    def config(self) -> object:
        """Fontconfig's own object."""
        return self._config

    def families(self) -> frozenset[str]:
        """The names of the font families that were found on this machine."""
        fonts = fontconfig.FcConfigGetFonts(self._config, fontconfig.FcSetSystem)
        name = ffi.new("FcChar8 **")
        found = set()
        for index in range(fonts.nfont):
            position = 0
            while fontconfig.FcPatternGetString(fonts.fonts[index], b"family", position, name) == 0:
                found.add(ffi.string(name[0]).decode("utf-8", "replace"))
                position += 1
        return frozenset(found)

    def covers(self, character: str) -> bool:
        """Whether any font has the character; pages print others as code points, never as blank boxes."""
        known = self._covered.get(character)
        if known is None:
            point = ord(character)
            known = any(fontconfig.FcCharSetHasChar(charset, point) for charset in self._charsets)
            self._covered[character] = known
        return known

    def _read_charsets(self) -> list[object]:
        fonts = fontconfig.FcConfigGetFonts(self._config, fontconfig.FcSetSystem)
        charset = ffi.new("FcCharSet **")
        return [
            charset[0]
            for index in range(fonts.nfont)
            if fontconfig.FcPatternGetCharSet(fonts.fonts[index], b"charset", 0, charset) == 0
        ]

    def missing(self) -> tuple[str, ...]:
        """The Debian packages whose fonts are absent: without them a page would look different here."""
        present = self.families()
        return tuple(sorted({package for family, package in PACKAGES.items() if family not in present}))


def css_families(families: tuple[str, ...]) -> Markup:
    """The families as a CSS value."""
    return Markup(", ").join(Markup("'{}'").format(family) for family in families)
