"""Random lines of an order that go to several places: home, and to nodes at which they are collected."""

from hypothesis import strategies as st

from engine.model.facts import Line

GOALS = st.sampled_from([{}, {}, {"delivery": "express"}, {"collect_at": "lyon"}, {"collect_at": "marseille"}])
BASKETS = st.lists(st.tuples(st.sampled_from("AB"), st.integers(1, 3), GOALS), min_size=1, max_size=4).map(
    lambda lines: [
        Line(id=str(number), sku=sku, quantity=units, **goal)
        for number, (sku, units, goal) in enumerate(lines, start=1)
    ]
)
