"""The entries of the log that are about the ledger, without those that are there for events alone."""

from engine.store.log.kinds import ACT_KINDS

_ABOUT_NO_UNITS = {
    b"counted",
    b"loaded",
    b"published",
    b"activated",
    b"allocated",
    b"stock_low",
    b"print_failed",
    *(kind.encode() for kind in ACT_KINDS),
}


def ledger_entries(client, network):
    """(id, fields) of each, oldest first."""
    return [entry for entry in client.xrange(f"{{{network}}}:log") if entry[1][b"kind"] not in _ABOUT_NO_UNITS]


def ledger_kinds(client, network):
    """The kind of each, oldest first."""
    return [fields[b"kind"] for _, fields in ledger_entries(client, network)]


def of_the_ledger(entries):
    """Of entries that were read, those about the ledger."""
    return [entry for entry in entries if entry.kind.encode() not in _ABOUT_NO_UNITS]
