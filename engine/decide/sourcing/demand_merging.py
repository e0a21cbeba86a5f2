"""Merges demands of one SKU that are interchangeable into one, and deals the chosen units back to them afterwards."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from engine.decide.sourcing.problem import Demand, Price, Problem
from engine.model.facts import OptionKey


def interchangeable_runs(problem: Problem) -> list[list[int]]:
    """Runs of demands, by index, that can be merged: of one SKU, with the same prices on every candidate, and with no
    other demand of that SKU between them. A line kept together stays alone, unless it is of a single unit; so do lines
    of a set, those that ship in multiples, and those that may use some lots only.
    """
    by_themselves = {index for _, index in problem.multiples}
    by_themselves |= {index for limit in problem.lot_limits for _, index in limit.places}
    runs: list[list[int]] = []
    last: dict[str, tuple[list[int], list[Price | None]]] = {}
    for index, demand in enumerate(problem.demands):
        prices = [candidate.prices.get(index) for candidate in problem.candidates]
        alone = demand.set_name is not None or index in by_themselves or (demand.together and demand.quantity > 1)
        run, previous_prices = last.get(demand.sku, ([], []))
        if run and prices == previous_prices and not alone:
            run.append(index)
        else:
            run = [index]
            runs.append(run)
        last[demand.sku] = ([] if alone else run), prices
    return runs


def merge_demands(problem: Problem, runs: Sequence[Sequence[int]]) -> Problem:
    """The problem with each run as one demand."""

    def merged_demand(run: Sequence[int]) -> Demand:
        first = problem.demands[run[0]]
        quantity = sum(problem.demands[index].quantity for index in run)
        return replace(first, quantity=quantity, together=first.together and len(run) == 1)

    places = {run[0]: place for place, run in enumerate(runs)}
    candidates = [
        replace(candidate, prices={places[i]: price for i, price in candidate.prices.items() if i in places})
        for candidate in problem.candidates
    ]
    return replace(
        problem,
        demands=[merged_demand(run) for run in runs],
        candidates=candidates,
        multiples={(node, places[index]): multiple for (node, index), multiple in problem.multiples.items()},
        lot_limits=[
            limit._replace(places=frozenset((key, places[index]) for key, index in limit.places))
            for limit in problem.lot_limits
        ],
    )


def deal_units(
    units: Mapping[tuple[OptionKey, int], int], demands: Sequence[Demand], runs: Sequence[Sequence[int]]
) -> dict[tuple[OptionKey, int], int]:
    """The units of each run dealt to its demands: the first demand gets its units from the first shipments."""
    dealt: dict[tuple[OptionKey, int], int] = {}
    left = [demand.quantity for demand in demands]
    for (key, place), count in sorted(units.items()):
        remaining = count
        for index in runs[place]:
            if take := min(remaining, left[index]):
                dealt[key, index] = take
                left[index] -= take
                remaining -= take
    return dict(sorted(dealt.items()))
