"""Takes a quote up: decides an order on the terms on which it was quoted, on the facts of now."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import msgspec

from engine.decide.address.address import Address
from engine.decide.order_record import OrderRecord, order_of, seconds
from engine.decide.promises.quote_record import PromiseRecord, QuoteRecord, from_json
from engine.decide.promises.taken_promise import TakenPromise
from engine.decide.record import DecisionRecord
from engine.errors import InputInvalid, Mistake, QuoteExpired, QuoteNotKept, QuoteTaken
from engine.inventory.hold_length import verify_hold_length
from engine.model.facts import Network, Order
from engine.orders.decide_and_commit import DecideAndCommit
from engine.orders.decision_request import Answer, Decided, DecisionRequest, Outcome, PromiseNotKept, whole_order
from engine.orders.same_order import written_alike
from engine.store.connection.client import Client
from engine.store.keys import Keys
from engine.store.ledger import RequestKey
from engine.store.log import decision_log
from engine.store.orders.quotes import QuoteStore
from engine.store.outcomes import AnsweredBefore, OrderTaken

_CART = msgspec.json.Decoder(OrderRecord)


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeRequest:
    """An order that takes up the promise of that number. `only_if_kept`: nothing is decided if it can't be kept any
    more. `placed_at` is by default now.
    """

    quote: str
    promise: int
    order_id: str
    address: Address | None = None
    placed_at: int | None = None
    only_if_kept: bool = False


class QuoteTakeUp:
    """The orders that take up quotes, on one network."""

    def __init__(
        self,
        client: Client,
        keys: Keys,
        *,
        decide_and_commit: DecideAndCommit,
        answer_again: Callable[[OrderTaken, Order], Answer],
        network: Callable[[], Network],
        max_hold: int,
        after_waiting: bool,
        clock: Callable[[], int],
    ) -> None:
        """`answer_again` answers an order whose id was used before, or raises OrderExists; `max_hold` is for how many
        minutes at most a caller may ask that units are held; `after_waiting`: whether who waits for the units is
        offered them first.
        """
        self._client = client
        self._keys = keys
        self._store = QuoteStore(client, keys)
        self._decide_and_commit = decide_and_commit
        self._answer_again = answer_again
        self._network = network
        self._max_hold = max_hold
        self._after_waiting = after_waiting
        self._clock = clock

    def take(
        self,
        request: TakeRequest,
        *,
        caller: str,
        waits: bool = False,
        dry_run: bool = False,
        hold_minutes: int | None = None,
    ) -> Answer:
        """Decide an order as it was quoted, on the facts of now. It is decided as of the instant of the quote, so that
        time alone changes nothing. If the promise can't be kept any more, it is decided as any other order; what
        changed is said. One order takes a quote up; the same request again is answered with the same decision. The
        units are held as the policies say or, if they are given, for `hold_minutes`.

        Raises QuoteExpired, QuoteTaken, QuoteNotKept, OrderExists, InputInvalid, QuotaExceeded, Contended.
        """
        verify_hold_length(hold_minutes, max_hold=self._max_hold)
        key = RequestKey(caller="", name=f"quote\n{request.quote}")  # no caller's key has a line break in it
        taken = self._taken(request)
        now = self._clock()
        if taken is None or now >= seconds(taken.promise.valid_until):
            return self._taken_before(request, key, taken)
        order = _order(request, taken, now)
        outcome = self._decide_and_commit.run(
            DecisionRequest(
                remainder=whole_order(order),
                instant=seconds(taken.quote.quoted_at),
                caller=caller,
                most_holds=self._decide_and_commit.max_holds,
                key=key,
                waits=waits,
                promise=taken,
                hold_minutes=hold_minutes,
                after_waiting=self._after_waiting,
            ),
            dry_run=dry_run,
        )
        return self._answer(outcome, request, order)

    def _answer(self, outcome: Outcome, request: TakeRequest, order: Order) -> Answer:
        match outcome:
            case Decided(answer=answer):
                return answer
            case AnsweredBefore(decision=decision):
                return self._earlier_answer(request, decision)
            case OrderTaken():
                return self._answer_again(outcome, order)
            case PromiseNotKept(quote=quote):
                changes = "; ".join(
                    f"{change.field}: {change.quoted} was quoted, now {change.now}" for change in quote.changed
                )
                raise QuoteNotKept(
                    f"promise {quote.promise} of quote {quote.id} can't be kept any more ({changes}); ask for a new"
                    " quote, or take it up without only_if_kept"
                )
            case _:
                raise AssertionError(outcome)

    def _taken(self, request: TakeRequest) -> TakenPromise | None:
        """The promise, if the quote is still kept; raises InputInvalid if it has no promise of that number."""
        stored = self._store.find(request.quote)
        if stored is None:
            return None
        quote = from_json(stored[0])
        return TakenPromise(
            quote=quote,
            promise=_promise(quote, request.promise),
            quoted=order_of(_CART.decode(stored[1])),
            only_if_kept=request.only_if_kept,
        )

    def _taken_before(self, request: TakeRequest, key: RequestKey, taken: TakenPromise | None) -> Answer:
        """The answer to a request that is sent again after the quote's time."""
        decision = self._store.taken_by(key)
        if decision is not None:
            return self._earlier_answer(request, decision)
        if taken is None:
            why = f"no quote goes by the id '{request.quote}', or its time is over"
        else:
            why = f"promise {request.promise} of quote {request.quote} was valid until {taken.promise.valid_until}"
        raise QuoteExpired(f"{why}; ask for a new quote, and take that up")

    def _earlier_answer(self, request: TakeRequest, decision: str) -> Answer:
        self._client.verify_replicated(self._keys.log)
        answer = Answer.logged(decision_log.decided(self._client, self._keys, decision))
        record = answer.record
        if not _is_same(request, record, self._network()):
            raise QuoteTaken(
                f"quote {request.quote} was taken up before, by order {record.order.id}; ask for a new quote"
            )
        return answer


def _order(request: TakeRequest, taken: TakenPromise, now: int) -> Order:
    """The order that takes a promise up."""
    quoted, address = taken.quoted, request.address
    order = replace(
        quoted,
        id=request.order_id,
        delivery=taken.promise.delivery,
        placed_at=now if request.placed_at is None else request.placed_at,
        promise_by=taken.terms.arrives_by,
    )
    if address is None:
        return order
    nodes = {node for line in order.lines if (node := order.collected_at(line))}
    if None not in map(order.collected_at, order.lines):
        message = f"all of the quote is collected, at {', '.join(sorted(nodes))}; leave the destination out"
        raise InputInvalid([Mistake(field="destination", message=message)])
    return _to(address, order)


def _to(address: Address, order: Order) -> Order:
    return replace(
        order, place=address.place, country=address.country, postcode=address.postcode, region=address.region
    )


def _promise(quote: QuoteRecord, number: int) -> PromiseRecord:
    if not 1 <= number <= len(quote.promises):
        message = f"quote {quote.id} has {len(quote.promises)} promises, none of the number {number}"
        raise InputInvalid([Mistake(field="promise", message=message)])
    return quote.promises[number - 1]


def _is_same(request: TakeRequest, record: DecisionRecord, network: Network) -> bool:
    """Whether the decision is the answer to such a request."""
    order, quote = order_of(record.order), record.quote
    sent = order if request.address is None else _to(request.address, order)
    return (
        order.id == request.order_id
        and quote is not msgspec.UNSET
        and quote.promise == request.promise
        and written_alike(sent, order, network, took_quote=True) == order
        and request.placed_at in (None, order.placed_at)
    )
