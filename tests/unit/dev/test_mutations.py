"""The mistakes still fit the source they are to be made in, and their tests exist."""

import pytest

from dev.mutations.catalogue import MUTATIONS
from dev.mutations.mutation import Mutation, NoLongerFits
from dev.paths import ROOT


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_each_mistake_can_still_be_made(mutation: Mutation) -> None:
    made = mutation.made(ROOT)
    assert made != (ROOT / mutation.path).read_text(encoding="utf-8")
    if mutation.path.endswith(".py"):
        compile(made, mutation.path, "exec")
    for test in mutation.tests.split():
        assert (ROOT / test).is_file()


def test_each_has_a_name_of_its_own() -> None:
    assert len({mutation.name for mutation in MUTATIONS}) == len(MUTATIONS) >= 12


def test_one_that_no_longer_fits_says_so() -> None:
    stale = Mutation("stale", "", "dev/paths.py", "no such text", "", "")
    with pytest.raises(NoLongerFits, match="stale"):
        stale.made(ROOT)
