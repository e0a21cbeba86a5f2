"""A what-if that was broken off goes on where it stopped, to the same byte."""

import pytest

from engine.errors import PointsmanError
from engine.parallel.work import Spread
from engine.simulation.one_step import OneStep
from engine.simulation.whatif import what_if
from tests.store.simulation.test_processes import DRAFTS
from tests.support.whatif import json_of_whatif, request_of, tried


class Broken(Exception):
    """Somebody pulled the plug."""


@pytest.fixture
def counted(monkeypatch):
    """How many pieces were tried."""
    pieces, try_decisions = [], OneStep.try_decisions

    def counting(self, batch):
        pieces.append(batch)
        return try_decisions(self, batch)

    monkeypatch.setattr(OneStep, "try_decisions", counting)
    return pieces


def broken_off(shop, folder, after):
    done = []

    def progress(more):
        done.append(more)
        if len(done) == after:
            raise Broken

    with pytest.raises(Broken):
        what_if(shop, request_of(shop, *DRAFTS), spread=Spread(), progress=progress, checkpoint=folder)


@pytest.mark.usefixtures("small_pieces")
def test_what_was_tried_before_is_not_tried_again_and_the_result_has_the_same_bytes(shop, tmp_path, counted):
    whole = json_of_whatif(tried(shop, *DRAFTS))
    pieces = len(counted)
    broken_off(shop, tmp_path, 3)
    counted.clear()
    resumed = what_if(shop, request_of(shop, *DRAFTS), spread=Spread(), checkpoint=tmp_path)
    assert json_of_whatif(resumed) == whole
    assert len(counted) == pieces - 3
    counted.clear()
    again = what_if(shop, request_of(shop, *DRAFTS), spread=Spread(), checkpoint=tmp_path)
    assert json_of_whatif(again) == whole
    assert not counted


@pytest.mark.usefixtures("small_pieces")
def test_a_piece_that_is_half_written_or_of_something_else_is_tried_again(shop, tmp_path, counted):
    whole = json_of_whatif(tried(shop, *DRAFTS))
    broken_off(shop, tmp_path, 3)
    one, two, three = sorted(tmp_path.iterdir())
    one.write_bytes(one.read_bytes()[:-1])
    two.write_bytes(three.read_bytes()[:31] + b"?" + three.read_bytes()[32:])
    counted.clear()
    resumed = what_if(shop, request_of(shop, *DRAFTS), spread=Spread(), checkpoint=tmp_path)
    assert json_of_whatif(resumed) == whole
    other = what_if(shop, request_of(shop, DRAFTS[1]), spread=Spread(), checkpoint=tmp_path)
    assert json_of_whatif(other) == json_of_whatif(tried(shop, DRAFTS[1]))


def test_a_folder_that_can_not_be_used_is_said(shop, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(PointsmanError, match="a checkpoint can't be kept in"):
        what_if(shop, request_of(shop, *DRAFTS), spread=Spread(), checkpoint=tmp_path / "file")
