"""A short run of the program that replays a day of orders, and reckons them up, in other processes."""

import pytest

from tests.replay.__main__ import ROOT, decide, replay_elsewhere, try_the_same

pytestmark = pytest.mark.slow


def test_orders_of_the_example_come_out_byte_for_byte_in_another_process(tmp_path):
    decisions = decide(ROOT / "examples" / "hexagone", ROOT / "policies", tmp_path, 80)
    assert replay_elsewhere(tmp_path, "4711") == {"identical": decisions, "adds_up": decisions}


def test_the_program_finds_nothing_changed_by_the_policies_that_decided(tmp_path):
    decisions = decide(ROOT / "examples" / "hexagone", ROOT / "policies", tmp_path, 50)
    same = try_the_same(tmp_path, ROOT / "policies", workers=1)
    assert (same.sides.draft.decisions, same.changed, same.same_bytes) == (decisions, 0, decisions)
