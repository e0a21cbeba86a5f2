"""What came of a what-if, made up from a seed: of any size, and under any names."""

import itertools
import random
from collections.abc import Sequence

from msgspec import structs

from api.records.audit.replays import DecidedAmountsRecord
from api.records.policies import ChangesRecord, RuleRecord
from api.records.protection_costs import ProtectionCostsRecord, RuleProtectionRecord
from api.records.whatif import ChangedDecisionRecord, DecidedSideRecord, WhatIfRecord
from api.records.whatif_rolled import (
    WhatIfEndStockRecord,
    WhatIfHindsightRecord,
    WhatIfRolledRecord,
    WhatIfStockKindRecord,
    WhatIfStockOutRecord,
    WhatIfStretchRecord,
)
from engine.audit.explanation.record import StatementRecord
from engine.model.facts import MICRODEGREES, GeoPoint
from engine.simulation.cause import CAUSES
from engine.simulation.comparison import Comparison
from engine.simulation.destination import Destination
from engine.simulation.draft import Draft
from engine.simulation.outcome import NOTHING, NodeAmounts, Outcome
from engine.simulation.outcome_parts import NodeDay, ProductUnits
from engine.simulation.tried_decision import TriedDecision, TriedDraft, UntriedDecision
from engine.simulation.whatif import DraftResult, UntriedCounts, WeighedRule, WhatIf, WhatIfRequest
from rules.diff.compare import Changes
from tests.support.facts import NOW, node

PLAIN = ("wh-lyon", "st-paris", "FR Bretagne", "web", "loyal", "green/carbon", "end_of_line", "furniture")
TOWNS = ((45.76, 4.84), (48.86, 2.35), (43.3, 5.37), (50.63, 3.06), (47.22, -1.55))
DATES = ("2026-11-27", "2026-11-28", "2026-11-30")


def whatif_record(
    names: Sequence[str] = PLAIN,
    *,
    drafts: int = 1,
    decisions: int = 40,
    changing: float = 0.4,
    towns: Sequence[tuple[float, float]] = TOWNS,
    draft_names: Sequence[str] = (),
) -> WhatIfRecord:
    """`changing` is how many of the decisions a draft changes. Nodes, areas, channels and the like take their names of
    `names` in turns, the drafts theirs of `draft_names` or else of `names`.
    """
    called = itertools.cycle(names)
    nodes = {f"{place} {next(called)}": town for place, town in enumerate(towns)}
    areas = [Destination(f"{place} {next(called)}", _point(town)) for place, town in enumerate(towns)]
    channels, rules, kinds = ([next(called) for _ in range(3)] for _ in range(3))
    results = []
    for number in range(drafts):
        chance = random.Random(number)
        comparison = Comparison(shown=2, weighed=2)
        for place in range(decisions):
            before = _outcome(chance, list(nodes), kinds, rules)
            changes = chance.random() < changing
            after = _outcome(chance, list(nodes), kinds, rules) if changes else before
            draft = TriedDraft(after, changes, None, (), chance.choice(CAUSES) if changes else None)
            comparison.add(
                TriedDecision(
                    entry=f"{place}-0",
                    decision=f"d{place}",
                    order=f"{next(called)} {place}",
                    first=f"d{place}",
                    channel=chance.choice(channels),
                    segment=chance.choice(channels),
                    baseline=before,
                    made_again=False,
                    drafts=(draft,),
                    destination=chance.choice(areas),
                ),
                draft,
            )
        results.append(
            DraftResult(
                draft=Draft(name=draft_names[number] if draft_names else f"{next(called)} {number}", texts={}),
                version="c" * 64,
                changes=Changes(changes=()),
                comparison=comparison,
                rules=(*rules, f"never/{next(called)}"),
                weighed=tuple(
                    WeighedRule(rule=rule, weighed=2, decided=False) for rule in rules if rule in comparison.rules
                ),
                worst=(),
                best=(),
            )
        )
    untried = UntriedCounts()
    untried.add(UntriedDecision("d-erased", "erased", next(called)))
    made = WhatIf(
        request=_request([result.draft for result in results]),
        currency="EUR",
        time_zone="Europe/Paris",
        decisions=decisions,
        made_again=1,
        untried=untried,
        drafts=tuple(results),
        nodes={name: node(name, place=_point(town)) for name, town in nodes.items()},
    )
    record = WhatIfRecord.of(made, {})
    return structs.replace(record, drafts=[_explained(draft, called) for draft in record.drafts])


def _explained(draft, called):
    """With changes, and with an order that comes out worst and one that comes out best."""
    if not draft.decisions_changed:
        return draft
    added = [RuleRecord(rule=next(called), file=next(called))]
    changes = ChangesRecord(same=False, added=added, gone=[], changed=[], moved=[])
    worst, best = (
        ChangedDecisionRecord(
            decision="d1",
            order=next(called),
            decided_at="2026-11-27T11:25:09Z",
            units_unfilled=0,
            cost_micros=cost,
            co2_mg=-cost,
            shipments_late=1,
            baseline=_side(called, 4),
            draft=_side(called, 1),
        )
        for cost in (5_000_000, -3_000_000)
    )
    return structs.replace(draft, changes=changes, worst=[worst], best=[best])


def rolled_record(names: Sequence[str] = PLAIN) -> WhatIfRolledRecord:
    """What is left at the end: the draft sells more, and runs out of one article more."""
    called = itertools.cycle(names)
    kind, sku, place = next(called), next(called), next(called)
    since = "2026-11-27T11:25:09Z"
    outs = [WhatIfStockOutRecord(sku=f"{sku} {number}", node=place, since=since) for number in range(2)]

    def side(sold, runs_out):
        left = WhatIfStockKindRecord(
            shipped=sold, available=100 - sold, sell_through_basis_points=sold * 100, days_of_cover=None
        )
        return WhatIfEndStockRecord(
            on_hand=100 - sold,
            shortfall=0,
            lifecycles={kind: left},
            categories={kind: structs.replace(left, days_of_cover=12)},
            stock_outs=runs_out,
            first_stock_outs=outs[:runs_out],
            units_cancelled=3,
        )

    hindsight = WhatIfHindsightRecord(
        orders=4,
        baseline_micros=9_000_000,
        draft_micros=8_000_000,
        bound_micros=7_500_000,
        captured_percent=67,
    )
    return WhatIfRolledRecord(as_logged=4, orders=5, baseline=side(60, 1), draft=side(75, 2), hindsight=hindsight)


def begun_again(record: WhatIfRecord) -> WhatIfRecord:
    """Its first draft rolled forward, each of two months by itself, which come to as much as the draft in all."""
    first, *others = record.drafts
    stretches = [
        WhatIfStretchRecord(
            since=f"2026-{month}-01T00:00:00Z",
            until="2026-12-01T00:00:00Z",
            decisions=5,
            as_logged=4,
            total=first.total,
            stock_outs_baseline=1,
            stock_outs_draft=2,
        )
        for month in (10, 11)
    ]
    rolled = structs.replace(rolled_record(), stretches=stretches)
    first = structs.replace(first, rolled=rolled)
    return structs.replace(record, way="rolled_forward", begins_again="month", drafts=[first, *others])


def _side(called, reasons):
    decided = DecidedAmountsRecord(
        status="filled",
        shipments=[f"{next(called)} by parcel: 1 x {next(called)}"],
        cost_micros=4_000_000,
        co2_mg=70_000,
        late_shipments=0,
        unfilled_units=0,
    )
    why = [
        StatementRecord(kind="k", sentence=f"{next(called)} is why {number}", figures={}) for number in range(reasons)
    ]
    return DecidedSideRecord(decided=decided, rules=[next(called)], why=why)


def _outcome(chance, nodes, kinds, rules):
    units, cost, missing = chance.randint(1, 5), chance.randint(1, 20) * 1_000_000, chance.randint(0, 1)
    co2, place = chance.randint(1, 900) * 1_000, chance.choice(nodes)
    amounts = NOTHING._replace(
        decisions=1,
        filled=1 - missing,
        partial=missing,
        units_ordered=units + missing,
        units_shipped=units,
        units_unfilled=missing,
        shipments=1,
        shipments_promised=1,
        shipments_late=chance.randint(0, 1),
        late=0,
        cost=cost,
        carriage=cost - 500_000,
        handling=500_000,
        policy_amounts=co2,
        co2=co2,
        arriving=1,
        arrival_seconds=chance.randint(1, 9) * 40_000,
    )
    amounts = amounts._replace(late=amounts.shipments_late)
    shipped = (place, NodeAmounts(1, amounts.shipments_late, units, cost, co2))
    days = (NodeDay(place, chance.choice(DATES), 1, units),)
    products = (ProductUnits(chance.choice(kinds), chance.choice(kinds), units, missing),)
    return Outcome(amounts, (shipped,), tuple(sorted(chance.sample(rules, 1))), days, products)


def _request(drafts):
    return WhatIfRequest(
        against="a" * 64,
        drafts=tuple(drafts),
        since=NOW,
        until=NOW + 86_400,
        shown=2,
        weighed=2,
        language="en",
    )


def _point(town):
    latitude, longitude = town
    return GeoPoint(latitude=round(latitude * MICRODEGREES), longitude=round(longitude * MICRODEGREES))


def protection_record(*rules: str) -> ProtectionCostsRecord:
    """The first rule is dearest; the last acts where nothing is needed more."""
    return ProtectionCostsRecord(
        table="ab" * 32,
        too_old=False,
        currency="EUR",
        units=5,
        rules=[
            RuleProtectionRecord(rule=rule, positions=4, month_micros=12_300_000, dearest_sku="A", dearest_node="paris")
            for rule in rules[:-1]
        ]
        + [RuleProtectionRecord(rule=rules[-1], positions=0, month_micros=0, dearest_sku=None, dearest_node=None)],
    )
