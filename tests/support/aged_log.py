"""A log as if it had been written over some days until now: its entries at other instants of the server's clock."""

from engine.store.keys import Keys

DAY = 86_400
_MILLIS = 1_000


def age_log(client, network, *, days):
    """Write the log of `network` anew, its entries spread evenly over the last `days` days."""
    keys = Keys(network)
    entries = client.xrange(keys.log)
    seconds, micros = client.time()
    now = seconds * _MILLIS + micros // _MILLIS
    step = days * DAY * _MILLIS // len(entries)
    client.delete(keys.log)
    for number, (_, fields) in enumerate(entries):
        placed = client.xadd(keys.log, fields, id=f"{now - (len(entries) - 1 - number) * step}-{number % 3}")
        if fields[b"kind"] == b"decided":
            client.hset(keys.decisions, fields[b"id"], placed)
