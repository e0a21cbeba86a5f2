"""What look-ahead prices made of a choice, as statements: what counted more, and where the units are needed later."""

from collections import Counter
from collections.abc import Iterator

from engine.audit.explanation.case import ExplainedChoice
from engine.audit.explanation.statement import Date, Instant, Money, Names, Rules, Statement, Units, Values
from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.evaluation.lookahead import Lookahead
from engine.model.lookahead import COLLECTED_AT, LookaheadPrice


def lookahead_of_shipments(explained: ExplainedChoice) -> Iterator[Statement]:
    """Of what ships, and why no price counted, if rules let them count and none could."""
    evaluation = explained.evaluation
    lookahead = evaluation.lookahead
    if lookahead is None:
        return
    rules = Rules(_rules(evaluation))
    if lookahead.state != "used":
        values: Values = {}
        if lookahead.table is not None and lookahead.state == "too_old":
            values["use_until"] = Instant(lookahead.table.use_until)
        yield Statement(kind=f"cost.lookahead_{lookahead.state}", values=values, rules=rules)
        return
    for (sku, node), units in _units_by_place(explained).items():
        price = lookahead.price(sku, node)
        if price is not None:
            values = {"units": Units.of(sku, units), **_values(evaluation, lookahead, price)}
            yield Statement(kind=_kind("cost.lookahead", evaluation, price), values=values, count=units, rules=rules)


def lookahead_at(explained: ExplainedChoice, node: str) -> Iterator[Statement]:
    """Of the order's articles at a node, whether it ships them or not."""
    evaluation = explained.evaluation
    if evaluation.lookahead is None:
        return
    for sku in evaluation.order.skus:
        price = evaluation.lookahead.price(sku, node)
        if price is not None:
            values: Values = {"sku": Names.of(sku), **_values(evaluation, evaluation.lookahead, price)}
            yield Statement(
                kind=_kind("place.lookahead", evaluation, price), values=values, rules=Rules(_rules(evaluation))
            )


def _values(evaluation: Evaluation, lookahead: Lookahead, price: LookaheadPrice) -> Values:
    values: Values = {
        "amount": Money(lookahead.amount(price.sku, price.node, 1)),
        "node": Names.of(price.node),
        "region": Names.of(price.region.removeprefix(COLLECTED_AT)),
    }
    if price.needed_by is not None and _dated(evaluation, price):
        values["date"] = Date(evaluation.snapshot.network.local(price.needed_by).date().toordinal())
    return values


def _dated(evaluation: Evaluation, price: LookaheadPrice) -> bool:
    """Whether it is said by when; not if that was over before the decision, as of prices that are a day old."""
    return price.needed_by is not None and price.needed_by >= evaluation.now


def _kind(beginning: str, evaluation: Evaluation, price: LookaheadPrice) -> str:
    return beginning if _dated(evaluation, price) else f"{beginning}_undated"


def _units_by_place(explained: ExplainedChoice) -> Counter[tuple[str, str]]:
    """The units that ship by SKU and node."""
    units = Counter[tuple[str, str]]()
    for shipment in explained.shipments:
        for item in shipment.lines:
            units[item.sku, shipment.node] += item.quantity
    return units


def _rules(evaluation: Evaluation) -> tuple[str, ...]:
    """The rules that let look-ahead prices count."""
    return evaluation.matcher.with_effect(evaluation.order_judgement, "lookahead")
