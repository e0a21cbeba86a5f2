"""A shop whose log has decisions of every kind, on which drafts are tried."""

import pytest

from engine.simulation import whatif
from tests.conftest import activate
from tests.support.decisions_of_many_kinds import RULES, life, stocked


@pytest.fixture
def bare_shop(bare):
    bare.load(stocked())
    activate(bare, *RULES)
    return bare


@pytest.fixture
def shop(bare_shop, clock):
    life(bare_shop, clock)
    return bare_shop


@pytest.fixture
def small_pieces(monkeypatch):
    """Few decisions are enough for several processes."""
    monkeypatch.setattr(whatif, "_AT_ONCE", 2)
    monkeypatch.setattr(whatif, "_WORTH_PROCESSES", 1)
