"""A key covers whatever a copy may show, and nothing else."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from contracts.graded_exam import ExamHeader
from contracts.options import Audience, Language, Order, ReportOptions
from services.renderer.exam.zone import in_zone
from services.renderer.images.collecting import DrawnFile, Found
from services.renderer.images.problems import ImageProblem, Reason
from services.renderer.limits import Limits
from services.renderer.modes import Typesetting
from services.renderer.workers.cache_keys import NOT_ON_COPIES, CopyKeys, stable_context, stable_options
from services.renderer.workers.tasks import Context, CopyRequest
from tests.builders import an_exam, an_exam_header

DIGEST = b"d" * 32

CHANGED = {
    "audience": Audience.JURY,
    "statements": False,
    "statistics": False,
    "comments": False,
    "duplex": True,
    "compact": True,
    "order": Order.SCORE,
    "language": Language.EN,
}


class LaterOptions(ReportOptions):
    """Options with one that was added later, and that nobody has listed anywhere."""

    later: bool = False


def a_request(number: int | None = None, **images: Found) -> CopyRequest:
    return CopyRequest("s", 0, Path("spool"), (0, 10), number, images, Path("target"))


def key(
    options: ReportOptions | None = None,
    header: ExamHeader | None = None,
    limits: Limits | None = None,
    request: CopyRequest | None = None,
    digest: bytes = DIGEST,
    typesetting: Typesetting = Typesetting.TUNED,
) -> str:
    context = stable_context(
        Context(header or an_exam_header(), options or ReportOptions(), limits or Limits(), typesetting)
    )
    return CopyKeys(context).key(request or a_request(), digest)


def test_the_same_copy_has_the_same_key() -> None:
    assert key() == key()


def test_a_copy_typeset_by_the_plain_engine_is_the_same() -> None:
    """`test_tuning` proves that its bytes are."""
    assert key(typesetting=Typesetting.PLAIN) == key(typesetting=Typesetting.TUNED)


def test_a_drawing_is_told_by_its_file_name_and_not_by_its_folder() -> None:
    def of(path: str) -> str:
        return key(request=a_request(u=DrawnFile(Path(path), 3.0)))

    assert of("/one/a.png") == of("/two/a.png") != of("/one/b.png")


def test_every_option_is_tried() -> None:
    assert set(CHANGED) == set(ReportOptions.model_fields)


@pytest.mark.parametrize("option", sorted(ReportOptions.model_fields))
def test_an_option_is_part_of_the_key_unless_it_shows_on_no_copy(option: str) -> None:
    changed = key(ReportOptions(**{option: CHANGED[option]}))
    assert (changed == key()) is (option in NOT_ON_COPIES)


def test_a_new_option_is_part_of_the_key() -> None:
    assert key(LaterOptions(later=True)) != key(LaterOptions(later=False))
    assert stable_options(LaterOptions(later=True, duplex=True)) == LaterOptions(later=True)


def test_absent_students_and_the_time_are_no_part_of_it() -> None:
    header = an_exam_header()
    later = header.model_copy(update={"absent": (), "as_of": datetime(2031, 1, 1, tzinfo=UTC)})
    assert key(header=later) == key(header=header)


def test_whatever_else_a_copy_shows_is_part_of_it() -> None:
    problem = ImageProblem(Reason.NOT_FOUND)
    keys = [
        key(),
        key(header=an_exam_header(exam=an_exam(title="Autre"))),
        key(header=in_zone(an_exam_header(), ZoneInfo("Asia/Tokyo"))),
        key(header=in_zone(an_exam_header(), ZoneInfo("Europe/Paris"))),
        key(limits=Limits(table_rows=7)),
        key(digest=b"e" * 32),
        key(request=a_request(number=1)),
        key(request=a_request(number=2)),
        key(request=a_request(a=Path("folder/one"))),
        key(request=a_request(a=Path("folder/two"))),
        key(request=a_request(b=Path("folder/one"))),
        key(request=a_request(a=problem)),
    ]
    assert len(set(keys)) == len(keys)


def test_where_files_are_is_no_part_of_it() -> None:
    assert key(request=a_request(a=Path("here/one"))) == key(request=a_request(a=Path("there/one")))
