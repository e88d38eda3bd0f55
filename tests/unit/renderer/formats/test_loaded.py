"""What the writers of all formats share."""

from contracts.events import Warning as ExportWarning
from contracts.options import Language
from contracts.states import WarningCode
from services.renderer.formats.loaded import bounded


def test_warnings_are_bounded_and_say_so() -> None:
    warnings = [ExportWarning(code=WarningCode.FORMULA_NOT_DRAWN, message=str(number)) for number in range(10)]
    assert bounded(warnings, 10) == tuple(warnings)
    cut = bounded(warnings, 4)
    assert [warning.message for warning in cut[:3]] == ["0", "1", "2"]
    assert cut[3].code is WarningCode.WARNINGS_TRUNCATED
    assert "7 autres" in cut[3].message
    assert "7 more" in bounded(warnings, 4, Language.EN)[3].message
