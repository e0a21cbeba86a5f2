"""How much the store has of what comes and goes, for those who watch the service."""

from dataclasses import dataclass

from engine.store.connection.client import Client, faults
from engine.store.keys import Keys


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredState:
    """Numbers of open holds, of orders' entries that wait for stock, of orders that wait for approval, of nodes that
    rest or have rested until lately, and of entries in the log; of events that wait to be sent to a webhook again, that
    are not sent any more, and of webhooks that are switched off; of papers that are to be printed, and that were given
    up.
    """

    open_holds: int
    waiting: int
    parked: int
    resting: int
    log_entries: int
    events_waiting: int
    dead_letters: int
    webhooks_off: int
    prints_waiting: int
    prints_given_up: int


def stored_state(client: Client, keys: Keys) -> StoredState:
    """Read in one round trip."""
    with faults(), client.one_connection(keys.facts) as pipe:
        pipe.zcard(keys.expiring)
        pipe.hlen(keys.backlog)
        pipe.zcard(keys.parked)
        pipe.hlen(keys.resting)
        pipe.xlen(keys.log)
        pipe.hvals(keys.webhook_progress)
        pipe.hlen(keys.print_jobs)
        pipe.zcard(keys.print_printed)
        pipe.zcard(keys.print_dead)
        open_holds, waiting, parked, resting, log_entries, progress, jobs, printed, given_up = pipe.execute()
    webhooks = [tuple(map(int, text.split(b" "))) for text in progress]
    return StoredState(
        open_holds=open_holds,
        waiting=waiting,
        parked=parked,
        resting=resting,
        log_entries=log_entries,
        events_waiting=sum(events for events, _, _ in webhooks),
        dead_letters=sum(dead for _, dead, _ in webhooks),
        webhooks_off=sum(off for _, _, off in webhooks),
        prints_waiting=jobs - printed - given_up,
        prints_given_up=given_up,
    )
