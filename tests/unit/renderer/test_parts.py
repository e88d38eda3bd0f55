"""The parts the front pages are typeset in."""

from hypothesis import given
from hypothesis import strategies as st

from services.renderer.parts import HEADING_LINES, PAGE_LINES, PART_PAGES, stretches_of
from tests.unit.renderer.pages import words_of
from tests.unit.renderer.segments import set_front


@given(st.integers(min_value=0, max_value=6_000))
def test_each_copy_has_its_line_in_one_stretch_and_stretches_end_with_a_page(copies: int) -> None:
    stretches = stretches_of(copies)
    assert [place for each in stretches for place in range(each.first, each.end)] == list(range(copies))
    for each in stretches[:-1]:
        lines = each.end - each.first + (0 if each.first else HEADING_LINES)
        assert lines == PART_PAGES * PAGE_LINES == each.likely_pages * PAGE_LINES


def test_a_later_part_has_its_lines_and_nothing_else() -> None:
    part = set_front(part=(1, 2))
    words = words_of(part.pdf)
    assert part.pages == 1
    assert words.startswith("Zoé Lefèvre Terminale A")
    assert words.endswith("– Copies 1/1")
    assert "Ève Brûlé" not in words
