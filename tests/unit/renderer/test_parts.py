"""The parts the front pages are typeset in."""

from hypothesis import given
from hypothesis import strategies as st

from services.renderer.parts import HEADING_LINES, PAGE_LINES, PART_PAGES, parts_of
from tests.unit.renderer.pages import words_of
from tests.unit.renderer.segments import set_front


@given(st.integers(min_value=0, max_value=6_000))
def test_each_copy_has_its_line_in_one_part_and_parts_end_with_a_page(copies: int) -> None:
    first, *others = parts_of(copies)
    assert first.has_summary
    assert not any(part.has_summary for part in others)
    assert [place for part in (first, *others) for place in range(part.first, part.end)] == list(range(copies))
    for part in (first, *others)[:-1]:
        lines = part.end - part.first + (HEADING_LINES if part.has_summary else 0)
        assert lines == PART_PAGES * PAGE_LINES == part.likely_pages * PAGE_LINES


def test_a_later_part_has_its_lines_and_nothing_else() -> None:
    part = set_front(part=(1, 2))
    words = words_of(part.pdf)
    assert part.pages == 1
    assert words.startswith("Zoé Lefèvre Terminale A")
    assert words.endswith("– Copies 1/1")
    assert "Ève Brûlé" not in words
