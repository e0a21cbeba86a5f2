"""What tests of the ledger share: others who act between a decision's snapshot and its commit."""

import pytest

from engine.store.ledger import Ledger


@pytest.fixture
def before_commit(monkeypatch):
    """`before_commit(act, times=1)`: from here on others do `act()` when a decision is about to be committed, at its
    first so many tries; the outcomes of its commits, of which there are more as it goes on. What others commit in `act`
    is not among them.
    """
    commit = Ledger.commit

    def let_others_act(act, times=1):
        outcomes, acting = [], []

        def interrupted(ledger, *given, **more):
            if acting:
                return commit(ledger, *given, **more)
            if len(outcomes) < times:
                acting.append(act)
                act()
                acting.clear()
            outcomes.append(commit(ledger, *given, **more))
            return outcomes[-1]

        monkeypatch.setattr(Ledger, "commit", interrupted)
        return outcomes

    return let_others_act
