"""Tells whether an order is parked: by its policies, nothing of it leaves before a person has approved it."""

from engine.decide.record import DecisionRecord
from engine.errors import AwaitingApproval
from engine.store.connection.client import Client, faults
from engine.store.keys import Keys


def is_parked(client: Client, keys: Keys, record: DecisionRecord) -> bool:
    """Whether the order of this decision is; asks the server only if the decision parked it."""
    if record.awaiting_approval is not True:
        return False
    with faults():
        return bool(client.redis.hexists(keys.order(record.order.id), "approval"))


def verify_approved(client: Client, keys: Keys, record: DecisionRecord) -> None:
    """Raise AwaitingApproval if the order of this decision is parked."""
    if is_parked(client, keys, record):
        raise AwaitingApproval(record.order.id)
