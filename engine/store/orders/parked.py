"""Tells whether an order is parked: by its policies, nothing of it leaves before a person has approved it."""

from engine.errors import AwaitingApproval
from engine.store.connection.client import Client, faults
from engine.store.keys import Keys


def is_parked(client: Client, keys: Keys, order_id: str) -> bool:
    """Whether the order is: by its first decision, or since it was amended."""
    with faults():
        return bool(client.redis.hexists(keys.order(order_id), "approval"))


def verify_approved(client: Client, keys: Keys, order_id: str) -> None:
    """Raise AwaitingApproval if the order is parked."""
    if is_parked(client, keys, order_id):
        raise AwaitingApproval(order_id)
