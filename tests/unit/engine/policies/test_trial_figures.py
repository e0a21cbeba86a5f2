"""What a shadow or a canary comes to is the same however its decisions come together in turns."""

from hypothesis import given
from hypothesis import strategies as st

from engine.policies.trial_figures import Compared, Watched, added, is_broken
from rules.gate import GATE_FIGURES
from rules.syntax.gate_parser import bound
from tests.support.examples import examples

figures = st.lists(st.integers(-5, 5), min_size=5, max_size=5)


@st.composite
def decisions(draw):
    first, number = draw(st.sampled_from("ABC")), draw(st.integers(0, 2))
    changed = draw(st.booleans())
    return Compared(
        first=first,
        order=f"W-{first}",
        decision=f"{first}{number}",
        is_first=number == 0,
        changed=changed,
        before=draw(st.lists(st.integers(0, 5), min_size=5, max_size=5)),
        by=draw(figures) if changed else [0] * 5,
    )


def summed(turns):
    sums, rows = {}, {}
    for turn in turns:
        more, made = added(turn, rows)
        rows |= made
        sums = {name: sums.get(name, 0) + more.get(name, 0) for name in sums.keys() | more.keys()}
    return {name: number for name, number in sums.items() if number}, rows


@given(st.lists(decisions(), max_size=8), st.integers(0, 8))
@examples(50)
def test_turns_make_no_difference(made, cut):
    assert summed([made]) == summed([made[:cut], made[cut:]])


@given(st.lists(decisions(), max_size=8))
@examples(30)
def test_the_rows_of_orders_add_up_to_the_sums(made):
    sums, rows = summed([made])
    for place, figure in enumerate(GATE_FIGURES):
        assert sum(row[3 + place] for row in rows.values()) == sums.get(f"by:{figure}", 0)
    assert len(rows) == sums.get("orders_changed", 0)
    watched = Watched.of(sums, rows, [bound("late", "+0")])
    late = next(item for item in watched.figures if item.figure == "late")
    assert late.is_broken == is_broken(bound("late", "+0"), sums) == (late.difference > 0)


def test_without_room_an_order_is_counted_and_not_listed():
    item = Compared(first="A", order="W-A", decision="A", is_first=True, changed=True, before=[1] * 5, by=[1] * 5)
    sums, rows = added([item], {}, has_room=False)
    assert (sums["by:cost"], sums["orders"], sums["changed"], sums["orders_changed"], rows) == (1, 1, 1, 1, {})
    later = item._replace(decision="B", is_first=False)
    assert "orders_changed" not in added([later], {}, has_room=False)[0]


def test_where_only_some_orders_are_listed_the_interval_is_that_of_all():
    """As wide as if each listed order stood for four: twice as wide as that of the listed ones, around the whole."""
    rows = {f"{number}": [f"W-{number}", "d", 1, *[1 if number % 2 else 3] * 5] for number in range(100)}
    listed = {"orders": 200, "orders_changed": 100, **{f"by:{figure}": 200 for figure in GATE_FIGURES}}
    whole = {"orders": 800, "orders_changed": 400, **{f"by:{figure}": 800 for figure in GATE_FIGURES}}
    (some, *_), (every, *_) = Watched.of(listed, rows, []).figures, Watched.of(whole, rows, []).figures
    assert some.low < 200 < some.high
    assert every.low < 800 < every.high
    known = {f"{n}": [f"W-{n}", "d", 1, *[1 if n % 2 else 3] * 5] for n in range(400)}
    (exact, *_) = Watched.of(whole, known, []).figures
    assert abs((every.high - every.low) - (exact.high - exact.low)) <= (exact.high - exact.low) // 5
