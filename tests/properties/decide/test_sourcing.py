"""The choice against an exhaustive search, on problems small enough to enumerate every choice."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.decide.sourcing import preprocessing, solution
from engine.decide.sourcing.branch_and_bound import Limits
from engine.decide.sourcing.choose import choose
from engine.decide.sourcing.problem import Bounds, Candidate, Capacity, Demand, LotLimit, Price, Problem, SkuCap
from engine.decide.sourcing.program import mixed_integer_program
from engine.model.facts import OptionKey
from tests.bench.highs import allowed, score
from tests.bench.random_problems import constrained, plain
from tests.reference.enumerated_choice import best_by_enumeration
from tests.support.examples import examples

pytestmark = pytest.mark.slow


BOUNDS = st.builds(
    lambda weights, units: Bounds(*sorted(weights), *sorted(units)),
    st.tuples(st.sampled_from([0, 0, 1, 4, 6]), st.sampled_from([3, 6, 9, 14, 1 << 40])),
    st.tuples(st.sampled_from([0, 0, 0, 2]), st.sampled_from([1, 3, 1 << 40, 1 << 40])),
)


@st.composite
def problems(draw, most_candidates=6):
    """Few distinct prices, so that ties are frequent; lines of one SKU have the same prices or prices of their own."""
    skus = st.sampled_from(draw(st.sampled_from(["a", "ab", "abcd"])))
    demands = draw(
        st.lists(
            st.builds(Demand, sku=skus, quantity=st.integers(1, 4), together=st.booleans()), min_size=1, max_size=4
        )
    )
    demands = [replace(demand, weight={"a": 3, "b": 0, "c": 1, "d": 7}[demand.sku]) for demand in demands]
    bounds = draw(st.sampled_from([st.none(), st.none(), st.none() | BOUNDS]))
    nodes, services = draw(st.sampled_from([("abcd", "xy"), ("abcdefgh", "x")]))
    keys = draw(
        st.lists(
            st.tuples(st.sampled_from(nodes), st.sampled_from(services)),
            min_size=1,
            max_size=most_candidates,
            unique=True,
        )
    )
    money = st.sampled_from(draw(st.sampled_from([[0], [0, 1], [-3, 0, 2, 5], [-4_000_000, 1_700_001, 2_000_000]])))
    price = st.builds(Price, unless_needed=st.integers(0, 1), tier=st.sampled_from([5, 5, 5, 1, 9]), money=money)
    plain = st.builds(Price, unless_needed=st.just(0), tier=st.just(5), money=money)
    prices = st.dictionaries(st.integers(0, len(demands) - 1), draw(st.sampled_from([price, plain])), min_size=1)
    fixed = st.sampled_from(draw(st.sampled_from([[0], [3], [0, 1, 2], [3, 4, 7], [4_900_000, 5_700_000]])))
    nodes = sorted({node for node, _ in keys})
    supply = st.sampled_from(draw(st.sampled_from([[0, 1, 2, 3, 4, 5], [2, 4], [1, 1, 2, 3], [0, 1, 2]])))
    first = {index: [d.sku for d in demands].index(demand.sku) for index, demand in enumerate(demands)}
    same_prices = draw(st.booleans())
    candidates = []
    for key in keys:
        priced = draw(prices)
        if same_prices:
            priced = {index: priced[first[index]] for index in first if first[index] in priced} or priced
        for band in range(1 if draw(bounds) is None else draw(st.integers(1, 2))):
            its = draw(bounds)
            key_of_band = OptionKey(*key)._replace(band=band)
            candidates.append(Candidate(key=key_of_band, fixed=draw(fixed), prices=priced, bounds=its))
    return Problem(
        demands=demands,
        candidates=candidates,
        supply={(node, sku): draw(supply) for node in nodes for sku in sorted({d.sku for d in demands})},
        split_penalty=draw(st.sampled_from([0, 0, 1, 3_000_000])),
        max_shipments=draw(st.sampled_from([None, None, None, 0, 1, 2, 3])),
        ship_complete=draw(st.booleans()) and draw(st.booleans()),
        room=draw(st.dictionaries(st.sampled_from(nodes), st.integers(0, 2), max_size=2)),
    )


@examples(100, in_suite=30)
@given(problems())
def test_exhaustive_search_finds_no_better_choice(problem):
    assert choose(problem) == best_by_enumeration(problem)


@st.composite
def coupled_problems(draw):
    """As `problems`, with multiples, sets, caps and capacities of nodes."""
    problem = draw(problems(most_candidates=5))
    nodes = sorted({candidate.key.node for candidate in problem.candidates})
    lines = range(len(problem.demands))
    weights = {demand.sku: draw(st.sampled_from([0, 1, 2])) for demand in problem.demands}
    sets = st.sampled_from(draw(st.sampled_from([[None], ["a", None], ["a", "b"], ["a"]])))
    multiple = st.sampled_from(draw(st.sampled_from([[1], [2], [1, 2, 3], [3]])))
    by_line = draw(st.lists(multiple, min_size=len(lines), max_size=len(lines)))
    multiples = (
        {(node, line): by_line[line] for node in nodes for line in lines}
        if draw(st.booleans())
        else {(node, line): draw(multiple) for node in nodes for line in lines}
    )
    most = st.sampled_from(draw(st.sampled_from([[None], [None, 1, 2, 4], [0, 3, 6]])))
    return replace(
        problem,
        demands=[replace(each, set_name=draw(sets), weight=weights[each.sku]) for each in problem.demands],
        multiples=multiples,
        capacity=draw(
            st.dictionaries(st.sampled_from(nodes), st.builds(Capacity, units=most, weight=most), max_size=3)
        ),
        caps=draw(caps(nodes, problem.demands)),
    )


@st.composite
def caps(draw, nodes, demands):
    """Often none; of each SKU, the lower ones on some of the nodes of the higher."""
    capped = []
    for sku in sorted({demand.sku for demand in demands}) if draw(st.booleans()) else ():
        under, ordered = nodes, sum(demand.quantity for demand in demands if demand.sku == sku)
        for most in sorted(draw(st.lists(st.integers(0, ordered), max_size=2)), reverse=True):
            under = sorted(draw(st.sets(st.sampled_from(under), min_size=1)))
            capped.append(SkuCap(sku=sku, nodes=frozenset(under), most=most))
    return capped


@examples(50)
@given(coupled_problems())
def test_exhaustive_search_finds_no_better_choice_with_multiples_sets_caps_and_capacities(problem):
    assert choose(problem) == best_by_enumeration(problem)


@st.composite
def problems_of_lots(draw):
    """Of each node and SKU, places that may use fewer and fewer of the lots; some with what else couples lines."""
    problem = draw(draw(st.sampled_from([problems(most_candidates=5), coupled_problems()])))
    limits = []
    for node, sku in sorted(problem.supply):
        places = [
            (candidate.key, line)
            for candidate in problem.candidates
            for line in candidate.prices
            if candidate.key.node == node and problem.demands[line].sku == sku
        ]
        levels = draw(st.lists(st.integers(0, 2), min_size=len(places), max_size=len(places)))
        most = problem.supply[node, sku]
        for level in (1, 2):
            most = min(most, draw(st.integers(0, 3)))
            later = frozenset(place for place, needed in zip(places, levels, strict=True) if needed >= level)
            limits += [LotLimit(most, later)] if later else []
    return replace(problem, lot_limits=limits)


@examples(50)
@given(problems_of_lots())
def test_exhaustive_search_finds_no_better_choice_with_lots_that_some_shipments_may_not_use(problem):
    assert choose(problem) == best_by_enumeration(problem)


def test_a_small_order_of_lots_is_proven_however_many_choices_are_equally_good():
    def candidate(node, service, *costs):
        prices = {line: Price(unless_needed=0, tier=5, money=money) for line, money in enumerate(costs)}
        return Candidate(key=OptionKey(node, service), fixed=0, prices=prices)

    problem = Problem(
        demands=[Demand(sku="a", quantity=2, weight=3), Demand(sku="a", quantity=4, weight=3)],
        candidates=[
            candidate("c", "y", 0, 0),
            candidate("a", "x", 1, 0),
            candidate("a", "y", 0, 0),
            candidate("b", "x", 0, 0),
            candidate("c", "x", 0),
        ],
        supply={("a", "a"): 2, ("b", "a"): 1, ("c", "a"): 1},
        lot_limits=[LotLimit(1, frozenset({(OptionKey("a", "y"), 0)}))],
    )
    assert choose(problem) == best_by_enumeration(problem)


@examples(30)
@given(st.one_of(problems(most_candidates=5), coupled_problems()), st.data())
def test_what_may_use_no_lot_or_too_few_for_a_whole_line_is_as_if_it_could_not_ship_that_line(problem, data):
    places = [(candidate.key, line) for candidate in problem.candidates for line in candidate.prices]
    barred = data.draw(st.sets(st.sampled_from(places)))
    limits = [LotLimit(_too_few(problem, place), frozenset([place])) for place in sorted(barred)]
    without = [
        replace(each, prices={line: price for line, price in each.prices.items() if (each.key, line) not in barred})
        for each in problem.candidates
    ]
    assert choose(replace(problem, lot_limits=limits)) == choose(replace(problem, candidates=without))


def _too_few(problem, place):
    demand = problem.demands[place[1]]
    return demand.quantity - 1 if demand.together else 0


@examples(20)
@given(coupled_problems(), st.sampled_from([0, 40]), st.sampled_from([0, 10**6, mixed_integer_program.WORK]))
def test_where_the_search_stops_early_the_program_keeps_to_multiples_sets_caps_and_capacities(problem, steps, work):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(solution, "LIMITS", Limits(steps, 2_000))
        patch.setattr(mixed_integer_program, "WORK", work)
        hasty = choose(problem)
    best = choose(problem)
    assert allowed(problem, hasty.units)
    assert score(problem, hasty.units) == hasty.score
    if work == mixed_integer_program.WORK:
        assert (hasty.score, hasty.unproven, hasty.gap in (0, 1)) == (best.score, None, True)
    if hasty.gap == 0:
        assert hasty == best
    elif hasty.unproven is None:
        assert parts(hasty.score) == parts(best.score)
        assert hasty.score.money - hasty.gap <= best.score.money <= hasty.score.money


@st.composite
def scattered(draw):
    """Few units at each node: many shipments are needed, and fewer may be allowed."""
    demands = [Demand(sku=sku, quantity=draw(st.integers(1, 3))) for sku in "abc"[: draw(st.integers(1, 3))]]
    nodes = [f"n{number}" for number in range(draw(st.integers(6, 9)))]
    price = st.builds(Price, unless_needed=st.just(0), tier=st.just(5), money=st.integers(0, 3))
    return Problem(
        demands=demands,
        candidates=[
            Candidate(
                key=OptionKey(node, "parcel"),
                fixed=draw(st.integers(4, 9)),
                prices={index: draw(price) for index in range(len(demands))},
            )
            for node in nodes
        ],
        supply={(node, demand.sku): draw(st.sampled_from([0, 1, 1, 2])) for node in nodes for demand in demands},
        max_shipments=draw(st.sampled_from([None, 2, 3, 4])),
    )


@examples(15, in_suite=6)
@given(scattered())
def test_exhaustive_search_finds_no_better_choice_where_many_shipments_are_needed(problem):
    assert choose(problem) == best_by_enumeration(problem)


@examples(50)
@given(problems(most_candidates=8), st.integers(0, 60), st.sampled_from([0, 1, 8]), st.sampled_from([0, 100, 10**6]))
def test_a_search_that_stops_early_says_how_much_better_a_choice_could_be(problem, steps, rounds, work):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mixed_integer_program, "ROUNDS", rounds)
        patch.setattr(solution, "LIMITS", Limits(steps, 2_000))
        patch.setattr(mixed_integer_program, "WORK", work)
        hasty = choose(problem)
    proven = choose(problem)
    unproven, least = parts(hasty.score), parts(proven.score)
    assert (hasty.gap is None) == (hasty.unproven is not None)
    if hasty.gap == 0:
        assert hasty == proven
    elif hasty.unproven is not None:
        before = PARTS.index(hasty.unproven.part)
        assert unproven[:before] == least[:before]
        assert 0 < hasty.unproven.most <= unproven[before]
        assert unproven[before] - hasty.unproven.most <= least[before] <= unproven[before]
    else:
        assert unproven == least
        assert hasty.score.money - hasty.gap <= proven.score.money <= hasty.score.money


@examples(50)
@given(problems(most_candidates=8))
def test_highs_makes_the_same_choice_where_the_search_stops_at_once(problem):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(solution, "LIMITS", Limits(0, 2_000))
        by_highs = choose(problem)
    best = choose(problem)
    assert by_highs.score == best.score
    if by_highs.gap == 0:
        assert by_highs == best


PARTS = ("unfilled_units", "unless_needed_units", "tiers")


def parts(score):
    return (score.unfilled, score.unless_needed, score.tiers)


@examples(50)
@given(st.integers(0, 10**9))
def test_reducing_the_candidates_by_price_changes_nothing(seed):
    problem = constrained(seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(solution, "SEARCHED_CANDIDATES", 3)
        patch.setattr(preprocessing, "CORE", 2)
        few = choose(problem)
    best = choose(problem)
    assert few.score == best.score
    if few.gap == 0:
        assert few == best


@examples(15)
@given(st.integers(0, 10**9), st.randoms(use_true_random=False))
def test_the_order_of_very_many_candidates_changes_nothing(seed, shuffling):
    problem = plain(seed, lines=2, nodes=60, services=2)
    assert choose(shuffled(problem, shuffling)) == choose(problem)


@examples(70)
@given(problems(most_candidates=8), st.randoms(use_true_random=False))
def test_the_order_of_the_input_changes_nothing(problem, shuffling):
    assert choose(shuffled(problem, shuffling)) == choose(problem)


def shuffled(problem: Problem, shuffling: random.Random) -> Problem:
    def mixed(items):
        return shuffling.sample(items, len(items))

    return replace(
        problem,
        candidates=[
            replace(candidate, prices=dict(mixed(list(candidate.prices.items()))))
            for candidate in mixed(list(problem.candidates))
        ],
        supply=dict(mixed(list(problem.supply.items()))),
        room=dict(mixed(list(problem.room.items()))),
    )
