"""`pointsman ledger log` has words for every kind of entry."""

from api.cli.ledger_log import _DETAILS
from engine.store.log.kinds import KINDS


def test_every_kind_of_entry_has_its_line():
    assert set(KINDS) <= _DETAILS.keys()
