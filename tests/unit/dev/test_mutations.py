"""The mistakes still fit the source they are to be made in, and their tests exist."""

import pytest

from dev.mutations.__main__ import main, parsed
from dev.mutations.anchors import NoLongerFits, replaced_in_python, replaced_in_sql
from dev.mutations.catalogue import MUTATIONS
from dev.mutations.mutation import Mutation
from dev.paths import ROOT

SOURCE = '''\
class Consumer:
    async def settle(self, message):
        """Ä"""; await self.publish("é", 1); await message.ack()
        if message.again:
            await message.ack()
            return {"persist": True, "id": 1}

    async def stop(self): ...
'''

QUERIES = """\
-- name: due
SELECT 1 FROM outbox WHERE id = $1
FOR UPDATE
  SKIP LOCKED

-- name: sent
DELETE FROM outbox WHERE id = $1
"""


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_each_mistake_can_still_be_made(mutation: Mutation) -> None:
    made = mutation.made(ROOT)
    assert made != (ROOT / mutation.path).read_text(encoding="utf-8")
    if mutation.path.endswith(".py"):
        compile(made, mutation.path, "exec")
    for test in mutation.tests.split():
        assert (ROOT / test).is_file()


def test_each_has_a_name_of_its_own() -> None:
    assert len({mutation.name for mutation in MUTATIONS}) == len(MUTATIONS) >= 33


def test_some_may_be_chosen_by_name() -> None:
    names = [mutation.name for mutation in MUTATIONS]
    assert [mutation.name for mutation in parsed([names[3], names[1]])] == [names[3], names[1]]
    assert len(parsed([])) == len(MUTATIONS)


@pytest.mark.parametrize(("arguments", "status"), [(["--help"], 0), (["no-such-mistake"], 2)])
def test_help_and_a_wrong_name_make_no_mistake(
    arguments: list[str], status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == status
    shown = capsys.readouterr()
    assert MUTATIONS[-1].name in "".join((shown.out + shown.err).split())


def test_one_that_no_longer_fits_says_so() -> None:
    stale = Mutation("stale", "", "dev.paths:", "no_such_name", "", "")
    with pytest.raises(NoLongerFits, match=r"stale in dev/paths\.py: found 0 times in the module"):
        stale.made(ROOT)


@pytest.mark.parametrize(
    ("piece", "replacement", "line"),
    [
        ("await self.publish('é',\n  1)", "pass", '        """Ä"""; pass; await message.ack()'),
        ("await message.ack()\nreturn {'persist': True, 'id': 1}", "", "            pass"),
        ("message.again", "True", "        if True:"),
        ('"persist": True', '"persist": False', '            return {"persist": False, "id": 1}'),
        ('"persist": True', "", '            return {**{}, "id": 1}'),
    ],
)
def test_a_piece_is_found_however_it_is_written(piece: str, replacement: str, line: str) -> None:
    made = replaced_in_python(SOURCE, "Consumer.settle", piece, replacement)
    assert line in made.splitlines()
    compile(made, "made", "exec")


@pytest.mark.parametrize(
    ("name", "piece"),
    [
        ("Consumer.settle", "await message.ack()"),
        ("Consumer.stop", "message.again"),
        ("Consumer.start", "message.again"),
    ],
)
def test_a_piece_has_to_be_there_once(name: str, piece: str) -> None:
    with pytest.raises(NoLongerFits):
        replaced_in_python(SOURCE, name, piece, "")


def test_a_piece_of_a_query_is_found_across_lines_and_in_that_query_only() -> None:
    assert "FOR UPDATE\n\n-- name: sent" in replaced_in_sql(QUERIES, "due", "FOR UPDATE SKIP LOCKED", "FOR UPDATE")
    assert replaced_in_sql(QUERIES, "sent", "id = $1", "true").endswith("WHERE true\n")
    for query, piece in (("sent", "FOR UPDATE"), ("none", "id = $1")):
        with pytest.raises(NoLongerFits):
            replaced_in_sql(QUERIES, query, piece, "")
