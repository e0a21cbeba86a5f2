"""Rolled forward, a what-if that was broken off goes on without deciding again, to the same byte."""

import pytest

from engine.parallel.work import Spread
from engine.settings import Settings
from engine.simulation.rolled import run
from engine.simulation.rolled.answering import Answering
from engine.simulation.whatif import what_if
from tests.support.decisions_of_many_kinds import RULES
from tests.support.facts import order
from tests.support.killed_whatif import kill_while_rolling
from tests.support.whatif import draft, json_of_whatif, request_of, tried

DRAFTS = (
    draft("when: {node.id: lyon}, then: {exclude: true}", name="not from lyon"),
    draft(*RULES, "when: {node.id: lille}, then: {prefer: 7.00}", name="from lille"),
)
ENTRIES = 2
"""Of which what was decided is kept together."""


@pytest.fixture
def decided(monkeypatch):
    """The decisions that were made, and not taken over."""
    made, answer = [], Answering.answer

    def counting(self, question, decision):
        made.append(decision)
        return answer(self, question, decision)

    monkeypatch.setattr(run, "_AT_ONCE", ENTRIES)
    monkeypatch.setattr(Answering, "answer", counting)
    return made


def kept(shop, folder, *drafts, workers=1):
    request = request_of(shop, *drafts or DRAFTS, way="rolled_forward")
    return json_of_whatif(what_if(shop, request, spread=Spread(workers=workers), checkpoint=folder))


def test_a_process_that_was_killed_is_gone_on_with_to_the_same_bytes(shop, server_url, network, tmp_path, decided):
    whole = json_of_whatif(tried(shop, *DRAFTS, way="rolled_forward"))
    in_all = len(decided)
    request = request_of(shop, *DRAFTS, way="rolled_forward")
    settings = Settings(redis_url=server_url, network=network)
    assert kill_while_rolling(settings, request, tmp_path, pieces=5, entries=ENTRIES) == -9
    assert len(list(tmp_path.iterdir())) == 5
    decided.clear()
    assert kept(shop, tmp_path) == whole
    assert 0 < len(decided) < in_all
    decided.clear()
    assert kept(shop, tmp_path) == whole
    assert decided == []


@pytest.mark.usefixtures("small_pieces")
def test_processes_keep_what_each_of_them_decides(shop, tmp_path, decided):
    whole = kept(shop, tmp_path / "alone")
    assert kept(shop, tmp_path / "alone", workers=2) == whole
    decided.clear()
    assert kept(shop, tmp_path / "alone") == whole
    assert decided == []


def test_a_piece_that_is_damaged_is_decided_again(shop, tmp_path, decided):
    whole = kept(shop, tmp_path)
    for path in list(tmp_path.iterdir())[::2]:
        path.write_bytes(path.read_bytes()[:-1])
    decided.clear()
    assert kept(shop, tmp_path) == whole
    assert decided


@pytest.mark.usefixtures("decided")
def test_what_other_drafts_decided_is_not_taken_over(shop, tmp_path):
    kept(shop, tmp_path, DRAFTS[0])
    assert kept(shop, tmp_path, DRAFTS[1]) == json_of_whatif(tried(shop, DRAFTS[1], way="rolled_forward"))


@pytest.mark.usefixtures("decided")
def test_what_stands_on_an_order_that_was_erased_meanwhile_is_decided_again(bare_shop, clock, tmp_path):
    """Its units are then where the log has them, and not where the draft had them."""
    others = draft("when: {node.id: lyon}, then: {exclude: true}")
    erased = order(("B", 2), id="W-GONE")
    bare_shop.decide(erased)
    for _ in range(4):
        clock.now += 60
        bare_shop.decide(order(("B", 1)))
    before = kept(bare_shop, tmp_path, others)
    bare_shop.holds.confirm(bare_shop.orders.show(erased.id).stored.first.id)
    bare_shop.erasures.erase(erased.id, note="asked for")
    after = kept(bare_shop, tmp_path, others)
    assert after == json_of_whatif(tried(bare_shop, others, way="rolled_forward"))
    assert after != before
