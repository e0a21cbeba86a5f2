"""What the tests of other systems state, restated as rows of facts, holds here too; or a list says why not."""

import re
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from tests.peers.player import play
from tests.peers.rows import Peer, Row, read_peers

NOT_YET = frozenset(
    {
        "confirm lines",
        "release lines",
        "cancel",
        "amend",
        "undo",
        "waiting first",
    }
)
"""Features that rows need and Pointsman does not have yet; their rows are skipped."""
PEERS = read_peers()
ROWS = [(peer, row) for peer in PEERS for row in peer.rows]


def _parameter(peer: Peer, row: Row, not_yet: frozenset[str] = NOT_YET):
    missing = sorted(not_yet.intersection(row.needs))
    marks = [pytest.mark.skip(reason=f"needs {', '.join(missing)}")] if missing else []
    marks += [pytest.mark.xfail(strict=True, reason=row.defect)] if row.defect else []
    return pytest.param(peer, row, id=f"{peer.peer}: {row.row}", marks=marks)


@pytest.mark.parametrize(("peer", "row"), [_parameter(peer, row) for peer, row in ROWS])
def test_a_row_holds(peer, row, bare, clock):
    play(row, peer, bare, clock)


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.peer)
def test_each_test_of_a_suite_is_a_row_or_has_a_reason(peer):
    restated, exempt = {(row.source.suite, row.source.test) for row in peer.rows}, Counter(peer.exempt_tests())
    assert max(exempt.values(), default=1) == 1
    assert restated.isdisjoint(exempt)
    by_suite = Counter(suite for suite, _ in restated.union(exempt))
    assert by_suite == {name: suite.tests for name, suite in peer.suites.items()}


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.peer)
def test_sources_and_reasons_are_complete(peer):
    assert peer.repository.count("/") == 1
    assert len(peer.commit) == 40
    assert peer.licence
    assert all(exempt.because.endswith(".") for exempt in (*peer.differs, *peer.cannot))
    assert set(peer.rules) == {name for row in peer.rows for name in row.rules}


def test_a_row_is_skipped_for_what_is_missing_alone_and_one_with_a_defect_must_fail():
    peer, row = ROWS[0]
    needy = msgspec.structs.replace(row, needs=("flight",), defect="")
    assert [mark.name for mark in _parameter(peer, needy, frozenset({"flight"})).marks] == ["skip"]
    assert not _parameter(peer, needy, frozenset()).marks
    (mark,) = _parameter(peer, msgspec.structs.replace(row, defect="It flies"), frozenset()).marks
    assert (mark.name, mark.kwargs) == ("xfail", {"strict": True, "reason": "It flies"})


def test_no_row_stands_twice_and_each_expects_something():
    sources = Counter((peer.peer, row.source) for peer, row in ROWS)
    assert [source for source, times in sources.items() if times > 1] == []
    names = Counter((peer.peer, row.row) for peer, row in ROWS)
    assert [name for name, times in names.items() if times > 1] == []
    assert [row.row for _, row in ROWS if not row.steps[-1].expects] == []


def test_the_readme_counts_the_rows_and_the_other_tests_of_each_table():
    readme = (Path(__file__).parent / "README.md").read_text()
    for peer in PEERS:
        others = len(list(peer.exempt_tests()))
        assert re.search(rf"{peer.repository}\) \| {peer.licence} \| {len(peer.rows)} \| {others} \|", readme)
    assert len(ROWS) >= 130
