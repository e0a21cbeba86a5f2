"""On what an order was decided, as JSON: the stock of every node, and the options that rules took away.

That grows with the network, so it is a document of its own, `FactsRecord`, logged beside the decision's record, which
names it by its hash. It is columns, so that writing it takes no object for each position or option. The record itself
has the stock of where it ships from (`StockRecord`), and how many options were taken away (`ExclusionRecord`).
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Annotated, TypeAlias

import msgspec
from msgspec import UNSET, Meta, UnsetType

from engine.decide.decision import DecidedStock, Decision, ExcludedOptions, RestingNode
from engine.decide.order_record import Record, Timestamp, timestamp
from engine.decide.sentence_record import SentenceRecord, in_every_language, texts_by_field
from engine.model.lots import Lot, date_of, name_of
from rules.wording import amounts
from rules.wording.catalogue import Catalogue, load_catalogues

TextByLanguage: TypeAlias = dict[str, str]


class StockRecord(Record, frozen=True):
    on_hand: int
    held: int
    floor: Annotated[
        int, Meta(description="units this order could not take; below 0: it could take so many more than were there")
    ]

    @classmethod
    def of(cls, stock: DecidedStock, node: str) -> "StockRecord":
        row = stock.nodes.index(node)
        return cls(on_hand=stock.on_hand[row], held=stock.held[row], floor=stock.floor[row])


@in_every_language
class RestingRecord(SentenceRecord, frozen=True):
    """A node that is given nothing until an instant, because it rejected units of a decision."""

    node: str
    until: Timestamp
    since: Timestamp
    reason: str
    decision: Annotated[str, Meta(description="whose units it rejected")]
    policy_version: Annotated[str, Meta(description="the version that decided when it rejected them")]
    rules: Annotated[
        dict[str, TextByLanguage],
        Meta(description="of that version, which gave it this rest, and why they are there, by language"),
    ]

    @classmethod
    def of(cls, resting: RestingNode) -> "RestingRecord":
        """`until` is in UTC; the sentences give the end of the rest by the installation's wall clock."""
        rest = resting.rest
        sentences = {item.language: _rest_sentence(resting, item) for item in load_catalogues()}
        return cls(
            node=resting.node,
            until=timestamp(rest.until),
            since=timestamp(rest.since),
            reason=rest.reason,
            decision=rest.decision,
            policy_version=rest.policy_version,
            rules={rule: dict(texts) for rule, texts in sorted(rest.because.items())},
            **texts_by_field(sentences),
        )


def _rest_sentence(resting: RestingNode, catalogue: Catalogue) -> str:
    until = amounts.instant(resting.until_local, catalogue)
    reason = catalogue.text(f"choices.{resting.rest.reason}")
    return catalogue.text("node_rest", node=resting.node, until=until, reason=reason)


class ExclusionRecord(Record, frozen=True):
    """How many options the same rules took away. Which ones, the facts say; up to schema 1 the record did, an entry for
    each line.
    """

    rules: list[str]
    unless_needed: bool
    options: Annotated[
        Annotated[dict[str, int], Meta(title="OptionsByLine")] | list[str],
        Meta(description="how many, by line; up to schema 1 which ones, as node/service"),
    ]
    line: Annotated[str | UnsetType, Meta(description="up to schema 1")] = UNSET
    resting: Annotated[RestingRecord | UnsetType, Meta(description="of a node that rests after a rejection")] = UNSET


def exclusion_records(exclusions: Iterable[ExcludedOptions]) -> list[ExclusionRecord]:
    """One for each cause; exclusions of one cause stand together."""
    return [_exclusion_record(list(those)) for _, those in groupby(exclusions, key=_cause)]


def _exclusion_record(exclusions: Sequence[ExcludedOptions]) -> ExclusionRecord:
    rules, unless_needed, resting = _cause(exclusions[0])
    return ExclusionRecord(
        rules=list(rules),
        unless_needed=unless_needed,
        options={line: item.options for item in exclusions for line in item.lines},
        resting=UNSET if resting is None else RestingRecord.of(resting),
    )


def _cause(exclusion: ExcludedOptions) -> tuple[tuple[str, ...], bool, RestingNode | None]:
    return exclusion.rules, exclusion.unless_needed, exclusion.resting


class TakenRecord(Record, frozen=True):
    """Units that one channel has taken in a period."""

    channel: str
    per: Annotated[str, Meta(description="day, week, or window and the window of the rule")]
    units: Sequence[int]


class LotStockRecord(Record, frozen=True):
    """What there was of a lot; units that were of none have no name."""

    lot: str | None
    expires: Annotated[str | None, Meta(description="null: it does not expire")]
    on_hand: int
    held: int

    @classmethod
    def of(cls, lot: Lot) -> "LotStockRecord":
        return cls(lot=name_of(lot.label) or None, expires=date_of(lot.label), on_hand=lot.on_hand, held=lot.held)


class StockColumnsRecord(Record, frozen=True):
    """The stock of a SKU at the nodes that had any: the first of each list belongs to the first node, and so on."""

    nodes: Sequence[str]
    on_hand: Sequence[int]
    held: Sequence[int]
    floor: Annotated[Sequence[int], Meta(description="units this order could not take; below 0: so many more")]
    taken: Annotated[
        list[TakenRecord] | UnsetType,
        Meta(description="units that channels had taken in the periods of their allotments, where rules have some"),
    ] = UNSET
    lots: Annotated[
        dict[str, list[LotStockRecord]] | UnsetType,
        Meta(
            description="by node, where there are any: the first to expire first, last the units of no lot; those that"
            " had expired and that nobody held are not on hand above"
        ),
    ] = UNSET

    @classmethod
    def of(cls, stock: DecidedStock) -> "StockColumnsRecord":
        return cls(
            nodes=stock.nodes,
            on_hand=stock.on_hand,
            held=stock.held,
            floor=stock.floor,
            taken=[
                TakenRecord(channel=tally.channel, per=tally.per, units=units)
                for tally, units in sorted(stock.taken.items())
            ]
            or UNSET,
            lots={node: list(map(LotStockRecord.of, lots)) for node, lots in sorted(stock.lots.items())} or UNSET,
        )


class ExcludedOptionsRecord(Record, frozen=True):
    """Options that the same rules took from each of the lines."""

    lines: Sequence[str]
    rules: Sequence[str]
    unless_needed: bool
    nodes: Annotated[Mapping[str, Sequence[str]], Meta(description="by service")]
    resting: Annotated[str | UnsetType, Meta(description="the node, if they are taken because it rests")] = UNSET

    @classmethod
    def of(cls, excluded: ExcludedOptions) -> "ExcludedOptionsRecord":
        return cls(
            lines=excluded.lines,
            rules=excluded.rules,
            unless_needed=excluded.unless_needed,
            nodes=excluded.nodes,
            resting=UNSET if excluded.resting is None else excluded.resting.node,
        )


class FactsRecord(Record, frozen=True):
    """What a decision was made on, before its own hold."""

    stock: Annotated[dict[str, StockColumnsRecord], Meta(description="by SKU")]
    excluded: list[ExcludedOptionsRecord]

    @classmethod
    def of(cls, decision: Decision) -> "FactsRecord":
        return cls(
            stock={sku: StockColumnsRecord.of(stock) for sku, stock in decision.stock.items()},
            excluded=[ExcludedOptionsRecord.of(excluded) for excluded in decision.exclusions],
        )


class FactsReferenceRecord(Record, frozen=True):
    """Names the facts of a decision: the bytes that its `facts` are answered with."""

    sha256: str
    size_bytes: int
    document: Annotated[FactsRecord | UnsetType, Meta(description="the facts themselves, if they are asked for")] = (
        UNSET
    )

    @classmethod
    def of(cls, facts: bytes) -> "FactsReferenceRecord":
        return cls(sha256=hashlib.sha256(facts).hexdigest(), size_bytes=len(facts))


_ENCODER = msgspec.json.Encoder(order="sorted")
_DECODER = msgspec.json.Decoder(FactsRecord)


def facts_to_json(facts: FactsRecord) -> bytes:
    """Canonical JSON, as the record's; without line ends."""
    return _ENCODER.encode(facts)


def facts_from_json(body: bytes) -> FactsRecord:
    """The facts that these bytes are of; raises ValueError if they are of none."""
    return _DECODER.decode(body)


def facts_up_to_schema_1(
    stock: Mapping[str, Mapping[str, StockRecord]], excluded: Sequence[ExclusionRecord]
) -> FactsRecord:
    """The facts of a decision whose record has them itself: of its `stock` and `excluded`."""
    columns = {
        sku: StockColumnsRecord(
            nodes=list(nodes),
            on_hand=[item.on_hand for item in nodes.values()],
            held=[item.held for item in nodes.values()],
            floor=[item.floor for item in nodes.values()],
        )
        for sku, nodes in stock.items()
    }
    return FactsRecord(stock=columns, excluded=[_excluded_up_to_schema_1(item) for item in excluded])


def _excluded_up_to_schema_1(exclusion: ExclusionRecord) -> ExcludedOptionsRecord:
    nodes: dict[str, list[str]] = {}
    for option in exclusion.options:
        node, _, service = option.rpartition("/")
        nodes.setdefault(service, []).append(node)
    return ExcludedOptionsRecord(
        lines=[] if exclusion.line is UNSET else [exclusion.line],
        rules=exclusion.rules,
        unless_needed=exclusion.unless_needed,
        nodes=nodes,
        resting=UNSET if exclusion.resting is UNSET else exclusion.resting.node,
    )
