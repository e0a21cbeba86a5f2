"""The tables of a what-if for programs: the same names, columns and order in every language and release."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from msgspec import UNSET

from api.cli.output.shipment_texts import shipment_text
from api.cli.whatif.sweep import is_unbeaten
from api.records.whatif import ChangedDecisionRecord, DecidedSideRecord, WhatIfRecord
from api.records.whatif_rolled import WhatIfRolledRecord

Kind: TypeAlias = Literal["text", "whole", "decimal", "boolean"]
"""decimal: millionths, written with as many decimals as it has: of the currency, or kilograms of CO2e."""
Row: TypeAlias = Sequence[Any]
_MILLION: Final = 1_000_000
_PAIR: Final = ("baseline", "draft")
_MONEY: Final = ("cost", "carriage", "handling", "policy_amounts")


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFile:
    """A table, which goes into a file of its name."""

    name: str
    columns: Mapping[str, Kind]
    rows: Sequence[Row]


def tables(record: WhatIfRecord) -> list[TableFile]:
    return [
        TableFile(name=name, columns=columns, rows=[tuple(row) for row in rows(record)])
        for name, (columns, rows) in _TABLES.items()
    ]


def _drafts(record: WhatIfRecord) -> Iterator[Row]:
    for draft in record.drafts:
        unbeaten = is_unbeaten(draft, record.drafts)
        orders, decisions = draft.orders, draft.total.baseline.decisions
        counts = orders.orders, orders.changed, decisions, draft.decisions_changed, draft.same_bytes
        yield draft.name, draft.policy_version, record.against, record.way, record.currency, *counts, unbeaten


def _figures(record: WhatIfRecord) -> Iterator[Row]:
    for draft in record.drafts:
        baseline, after = draft.total.baseline, draft.total.draft
        late = draft.orders.late_baseline, draft.orders.late_draft
        values = {name: (getattr(baseline, name), getattr(after, name)) for name in baseline.__struct_fields__}
        for name, (before, now) in {**values, "orders_late": late}.items():
            sure = draft.sure.get(name)
            scale = 1 if name.endswith(("_micros", "_mg")) else _MILLION
            bounds = (None, None) if sure is None else (sure.low * scale, sure.high * scale)
            figure = name.removesuffix("_micros").replace("co2_mg", "co2_kg")
            yield draft.name, figure, before * scale, now * scale, (now - before) * scale, *bounds


def _causes(record: WhatIfRecord) -> Iterator[Row]:
    for draft in record.drafts:
        for cause, its in draft.causes.items():
            money = [getattr(its, f"{name}_micros") for name in _MONEY]
            yield draft.name, cause, its.decisions, *money, its.co2_mg, its.shipments, its.units_unfilled


def _groups(record: WhatIfRecord) -> Iterator[Row]:
    for draft in record.drafts:
        segments = {} if draft.segments is UNSET else draft.segments
        for by, groups in (("channel", draft.channels), ("segment", segments)):
            for name, sides in groups.items():
                both = sides.baseline, sides.draft
                fields = ("cost_micros", "co2_mg", "shipments", "late", "units_shipped", "units_unfilled")
                yield draft.name, by, name, sides.baseline.decisions, *(getattr(s, f) for f in fields for s in both)


def _products(record: WhatIfRecord) -> Iterator[Row]:
    for draft in record.drafts:
        for by, kinds in (("lifecycle", draft.lifecycles), ("category", draft.categories)):
            for name, its in kinds.items():
                fields = ("shipped", "unfilled")
                yield draft.name, by, name, *(getattr(s, f) for f in fields for s in (its.baseline, its.draft))


def _nodes(record: WhatIfRecord) -> Iterator[Row]:
    for draft in record.drafts:
        for name, its in draft.nodes.items():
            place = record.places.nodes.get(name)
            where: Row = (None, None, None)
            if place is not None:
                where = place.type, _degrees(place.latitude), _degrees(place.longitude)
            fields = ("shipments", "shipments_late", "units", "cost_micros", "co2_mg")
            yield draft.name, name, *where, *(getattr(s, f) for f in fields for s in (its.baseline, its.draft))


def _flows(record: WhatIfRecord) -> Iterator[Row]:
    for draft in record.drafts:
        for row in draft.flows:
            yield draft.name, row.node, row.area, *_shipped(row)


def _days(record: WhatIfRecord) -> Iterator[Row]:
    for draft in record.drafts:
        for row in draft.days:
            yield draft.name, row.node, row.date, *_shipped(row)


def _rules(record: WhatIfRecord) -> Iterator[Row]:
    for draft in record.drafts:
        changes, never = draft.changes, set(draft.never_fired)
        kinds = {"added": changes.added, "changed": changes.changed, "gone": changes.gone}
        differing = {rule.rule: kind for kind, rules in kinds.items() for rule in rules}
        for name in sorted({*draft.rules, *differing, *never}):
            its = draft.rules.get(name)
            sides = (0, 0, 0, 0) if its is None else (its.baseline, its.draft, its.changed, its.cost_micros)
            weighed = (None, None) if its is None or its.weighed is UNSET else (its.weighed, its.decided)
            yield draft.name, name, differing.get(name, ""), *sides, *weighed, name in never


def _orders(record: WhatIfRecord) -> Iterator[Row]:
    for draft in record.drafts:
        yield from ((draft.name, order) for order in draft.changed_orders)


def _explained(record: WhatIfRecord) -> Iterator[Row]:
    for draft in record.drafts:
        for end, items in (("worst", draft.worst), ("best", draft.best)):
            for place, item in enumerate(items, start=1):
                yield draft.name, end, place, *_changed(item)


def _changed(item: ChangedDecisionRecord) -> Row:
    more = item.cost_micros, item.co2_mg, item.units_unfilled, item.shipments_late
    sides = item.baseline, item.draft
    return item.order, item.decision, item.decided_at, *more, *(text for side in sides for text in _side(side))


def _side(side: DecidedSideRecord) -> Row:
    return (
        "; ".join(map(shipment_text, side.decided.shipments)),
        ", ".join(side.rules),
        "\n".join(item.sentence for item in side.why),
    )


def _refused(record: WhatIfRecord) -> Iterator[Row]:
    for draft in record.refused:
        for item in draft.findings:
            yield draft.name, item.file, item.line, item.column, item.severity, item.code, item.message


def _untried(record: WhatIfRecord) -> Iterator[Row]:
    yield from ((item.decision, item.reason, item.why) for item in record.untried.named)


def _end_stock(record: WhatIfRecord) -> Iterator[Row]:
    for draft, rolled in _rolled(record):
        for by, field in (("lifecycle", "lifecycles"), ("category", "categories")):
            before, after = getattr(rolled.baseline, field), getattr(rolled.draft, field)
            for name in sorted({*before, *after}):
                sides = before.get(name), after.get(name)
                fields = ("shipped", "available", "sell_through_basis_points", "days_of_cover")
                yield draft, by, name, *(None if side is None else getattr(side, f) for f in fields for side in sides)


def _protection(record: WhatIfRecord) -> Iterator[Row]:
    for draft in record.drafts:
        costs = draft.protection
        for rule in () if costs is UNSET else costs.rules:
            places = rule.positions, rule.month_micros, rule.dearest_sku, rule.dearest_node
            yield draft.name, rule.rule, costs.units, *places, costs.table, costs.too_old


def _stock_outs(record: WhatIfRecord) -> Iterator[Row]:
    for draft, rolled in _rolled(record):
        for side in _PAIR:
            yield from ((draft, side, out.sku, out.node, out.since) for out in getattr(rolled, side).first_stock_outs)


def _stretches(record: WhatIfRecord) -> Iterator[Row]:
    for draft, rolled in _rolled(record):
        for its in rolled.stretches or ():
            before, after = its.total.baseline, its.total.draft
            costs = before.cost_micros, after.cost_micros
            units = before.units_shipped, after.units_shipped, before.units_unfilled, after.units_unfilled
            outs = its.stock_outs_baseline, its.stock_outs_draft
            yield draft, its.since, its.until, its.decisions, its.as_logged, *costs, *units, *outs


def _rolled(record: WhatIfRecord) -> Iterator[tuple[str, WhatIfRolledRecord]]:
    yield from ((draft.name, draft.rolled) for draft in record.drafts if draft.rolled is not UNSET)


def _shipped(row: Any) -> Row:
    before, after = row.baseline, row.draft
    return before.shipments, after.shipments, before.units, after.units


def _degrees(degrees: float | None) -> int | None:
    return None if degrees is None else round(degrees * _MILLION)


def _both(kinds: Mapping[str, Kind]) -> dict[str, Kind]:
    """Each without and with the draft."""
    return {f"{name}_{side}": kind for name, kind in kinds.items() for side in _PAIR}


_TABLES: Final[Mapping[str, tuple[Mapping[str, Kind], Callable[[WhatIfRecord], Iterator[Row]]]]] = {
    "drafts": (
        {"draft": "text", "policy_version": "text", "against": "text", "way": "text", "currency": "text"}
        | dict.fromkeys(["orders", "orders_changed", "decisions", "decisions_changed", "same_bytes"], "whole")
        | {"unbeaten": "boolean"},
        _drafts,
    ),
    "figures": (
        {"draft": "text", "figure": "text"}
        | dict.fromkeys(["baseline", "with_draft", "difference", "low", "high"], "decimal"),
        _figures,
    ),
    "causes": (
        {"draft": "text", "cause": "text", "decisions": "whole"}
        | dict.fromkeys([*_MONEY, "co2_kg"], "decimal")
        | {"shipments": "whole", "units_unfilled": "whole"},
        _causes,
    ),
    "groups": (
        {"draft": "text", "by": "text", "name": "text", "decisions": "whole"}
        | _both({"cost": "decimal", "co2_kg": "decimal", "shipments": "whole", "decisions_late": "whole"})
        | _both({"units_shipped": "whole", "units_unfilled": "whole"}),
        _groups,
    ),
    "products": (
        {"draft": "text", "by": "text", "name": "text"} | _both({"units_shipped": "whole", "units_unfilled": "whole"}),
        _products,
    ),
    "nodes": (
        {"draft": "text", "node": "text", "type": "text", "latitude": "decimal", "longitude": "decimal"}
        | _both(
            {"shipments": "whole", "shipments_late": "whole", "units": "whole", "cost": "decimal", "co2_kg": "decimal"}
        ),
        _nodes,
    ),
    "flows": (
        {"draft": "text", "node": "text", "area": "text"} | _both({"shipments": "whole", "units": "whole"}),
        _flows,
    ),
    "days": (
        {"draft": "text", "node": "text", "date": "text"} | _both({"shipments": "whole", "units": "whole"}),
        _days,
    ),
    "rules": (
        {"draft": "text", "rule": "text", "change": "text"}
        | dict.fromkeys(["acted_baseline", "acted_draft", "otherwise"], "whole")
        | {"cost": "decimal", "weighed": "whole", "decided": "boolean", "never_fired": "boolean"},
        _rules,
    ),
    "changed_orders": ({"draft": "text", "order": "text"}, _orders),
    "explained_orders": (
        {"draft": "text", "end": "text", "place": "whole", "order": "text", "decision": "text", "decided_at": "text"}
        | {"cost": "decimal", "co2_kg": "decimal", "units_unfilled": "whole", "shipments_late": "whole"}
        | dict.fromkeys([f"{name}_{side}" for side in _PAIR for name in ("ships", "rules", "why")], "text"),
        _explained,
    ),
    "end_stock": (
        {"draft": "text", "by": "text", "name": "text"}
        | _both({"shipped": "whole", "available": "whole"})
        | _both({"sell_through_basis_points": "whole", "days_of_cover": "whole"}),
        _end_stock,
    ),
    "stock_outs": (dict.fromkeys(["draft", "side", "sku", "node", "since"], "text"), _stock_outs),
    "protection": (
        {"draft": "text", "rule": "text", "units": "whole", "positions": "whole", "month_cost": "decimal"}
        | {"dearest_sku": "text", "dearest_node": "text", "table": "text", "too_old": "boolean"},
        _protection,
    ),
    "stretches": (
        {"draft": "text", "since": "text", "until": "text", "decisions": "whole", "as_logged": "whole"}
        | _both({"cost": "decimal", "units_shipped": "whole", "units_unfilled": "whole", "stock_outs": "whole"}),
        _stretches,
    ),
    "refused": (
        {"draft": "text", "file": "text", "line": "whole", "column": "whole"}
        | dict.fromkeys(["severity", "code", "message"], "text"),
        _refused,
    ),
    "untried": (dict.fromkeys(["decision", "reason", "why"], "text"), _untried),
}
