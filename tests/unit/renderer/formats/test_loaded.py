"""What the writers of all formats share."""

from contracts.events import Warning as ExportWarning
from contracts.states import WarningCode
from services.renderer.formats.loaded import bounded
from services.renderer.language.english import ENGLISH
from services.renderer.language.french import FRENCH


def test_warnings_are_bounded_and_say_so() -> None:
    warnings = [ExportWarning(code=WarningCode.FORMULA_NOT_DRAWN, message=str(number)) for number in range(10)]
    assert bounded(warnings, 10, FRENCH.warnings) == tuple(warnings)
    cut = bounded(warnings, 4, FRENCH.warnings)
    assert [warning.message for warning in cut[:3]] == ["0", "1", "2"]
    assert cut[3].code is WarningCode.WARNINGS_TRUNCATED
    assert "7 autres" in cut[3].message
    assert "7 more" in bounded(warnings, 4, ENGLISH.warnings)[3].message
