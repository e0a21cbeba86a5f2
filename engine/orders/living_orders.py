"""The orders of a network, each with one id and one life: what of an order stands, and what it is answered again."""

import msgspec

from engine.decide.order_record import OrderRecord
from engine.errors import KeyReused, OrderExists
from engine.model.facts import Order
from engine.orders.decide_and_commit import Answer
from engine.store import decision_log
from engine.store.connection.client import Client, faults
from engine.store.decision_chain import read_chain
from engine.store.keys import Keys
from engine.store.outcomes import AnsweredBefore, OrderTaken


class LivingOrders:
    """The orders of one network. Methods raise StoreUnavailable."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    def answer_again(self, outcome: AnsweredBefore | OrderTaken, order: Order) -> Answer:
        """The answer to a request to decide `order` that came before: by its idempotency key the decision that answered
        the key, by its id the decision that stands of that order. Raises KeyReused if the key was used for an order of
        another id, OrderExists if the order of that id has other content.
        """
        self._client.verify_replicated(self._keys.log)
        sent = OrderRecord.of(order)
        match outcome:
            case AnsweredBefore(decision=decision):
                entry = decision_log.decided(self._client, self._keys, decision)
                stands = entry.record.order
            case OrderTaken(first=first):
                entry, stands = self._standing(order.id, first)
        if stands.id != sent.id:
            raise KeyReused("this idempotency key was used before for another order; use a new one for each request")
        if stands != sent:
            raise order_exists(stands, sent)
        return Answer.logged(entry)

    def _standing(self, order_id: str, first: str) -> tuple[decision_log.Entry, OrderRecord]:
        """The order's latest decision of its whole, and the order as it stands: its first decision, and the order that
        this was of, or those of its last amendment.
        """
        with faults():
            amended = self._client.redis.hget(self._keys.order(order_id), "order")
        if amended is None:
            entry = decision_log.decided(self._client, self._keys, first)
            return entry, entry.record.order
        decision = read_chain(self._client, self._keys, first).latest_whole
        entry = decision_log.decided(self._client, self._keys, decision)
        return entry, msgspec.json.decode(amended, type=OrderRecord)


def order_exists(stands: OrderRecord, sent: OrderRecord) -> OrderExists:
    """The error for an order that was `sent` under the id of one that `stands`."""
    differing = [name for name in OrderRecord.__struct_fields__ if getattr(stands, name) != getattr(sent, name)]
    return OrderExists(
        f"order '{sent.id}' was decided before with other {', '.join(differing)}, and stands as it was; to change it,"
        f" amend it (POST /v1/orders/{sent.id}/amend, or: pointsman order amend {sent.id});"
        " another order needs an id of its own"
    )
