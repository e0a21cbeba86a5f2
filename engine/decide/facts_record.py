"""On what an order was decided, as JSON: the stock of every node, and the options that rules took away.

That grows with the network, so it is a document of its own, `FactsRecord`, logged beside the decision's record, which
names it by its hash. It is columns, so that writing it takes no object for each position or option. The record itself
has the stock of where it ships from (`StockRecord`), and how many options were taken away (`ExclusionRecord`).
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from types import MappingProxyType
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from engine.decide.decision import DecidedStock, Decision, ExcludedOptions, RestingNode
from engine.decide.kept_facts.loads_record import LoadsRecord
from engine.decide.kept_facts.remainder_record import RemainderRecord
from engine.decide.kept_facts.rest_record import RestingRecord, RestRecord
from engine.decide.kept_facts.stock_columns import StockColumnsRecord
from engine.decide.order_record import Record, Timestamp, timestamp
from engine.model.facts import NodeRest
from engine.model.time_zone_data import tzdata_version
from engine.version import MEANING

NO_RESTS: Mapping[str, NodeRest] = MappingProxyType({})


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


class FactsRecord(Record, frozen=True, kw_only=True):
    """What a decision was made on, before its own hold: with network, products and policies of the versions that its
    record names, all that deciding it again needs. Earlier releases kept the stock and what rules excluded alone.
    """

    stock: Annotated[dict[str, StockColumnsRecord], Meta(description="by SKU")]
    excluded: list[ExcludedOptionsRecord]
    meaning: Annotated[
        int | UnsetType, Meta(description="the number of the meaning of rules and facts by which it was decided")
    ] = UNSET
    tzdata: Annotated[str | UnsetType, Meta(description="the release of the time zone database")] = UNSET
    loads: Annotated[LoadsRecord | UnsetType, Meta(description="left out if nothing was given to any")] = UNSET
    resting: Annotated[
        dict[str, RestRecord] | UnsetType, Meta(description="by node that `stock` names, or that rejected units")
    ] = UNSET
    held_from: Annotated[
        Timestamp | UnsetType, Meta(description="from when on the hold lasts, if not from `decided_at` on")
    ] = UNSET
    policies_at: Annotated[
        Timestamp | UnsetType,
        Meta(description="the instant whose policies decided and whose rests counted, if not `decided_at`"),
    ] = UNSET
    remainder: Annotated[RemainderRecord | UnsetType, Meta(description="of a decision that follows another")] = UNSET

    @classmethod
    def of(
        cls,
        decision: Decision,
        *,
        policies_at: int | None = None,
        remainder: RemainderRecord | UnsetType = UNSET,
        rejecting: Mapping[str, NodeRest] = NO_RESTS,
    ) -> "FactsRecord":
        """`rejecting` has the rest of the node that rejects units, if it rests already."""
        nodes = nodes_of(decision.stock.values())
        rests = {**decision.resting, **rejecting}
        return cls(
            stock={sku: StockColumnsRecord.of(stock) for sku, stock in decision.stock.items()},
            excluded=[ExcludedOptionsRecord.of(excluded) for excluded in decision.exclusions],
            meaning=MEANING,
            tzdata=tzdata_version(),
            loads=LoadsRecord.of(decision.loads, nodes),
            resting={node: RestRecord.of(rests[node]) for node in sorted(rests)} or UNSET,
            held_from=_if_another(decision.held_from, decision),
            policies_at=_if_another(policies_at, decision),
            remainder=remainder,
        )

    @property
    def nodes(self) -> list[str]:
        """Those that `stock` names, sorted."""
        return nodes_of(self.stock.values())


def nodes_of(stock: Iterable[DecidedStock | StockColumnsRecord]) -> list[str]:
    """The nodes that the stock of some SKUs names, sorted."""
    return sorted({node for item in stock for nodes in (item.nodes, item.empty or ()) for node in nodes})


def _if_another(instant: int | None, decision: Decision) -> str | UnsetType:
    return UNSET if instant is None or instant == decision.decided_at else timestamp(instant)


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
