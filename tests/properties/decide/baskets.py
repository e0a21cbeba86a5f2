"""Random lines of an order that go to several places: home, and to nodes at which they are collected."""

from hypothesis import strategies as st

from engine.model.facts import Line


def baskets(*nodes, most_lines):
    goals = st.sampled_from([{}, {}, {"delivery": "express"}, *({"collect_at": node} for node in nodes)])
    lines = st.lists(st.tuples(st.sampled_from("AB"), st.integers(1, 3), goals), min_size=1, max_size=most_lines)
    return lines.map(
        lambda lines: [
            Line(id=str(number), sku=sku, quantity=units, **goal)
            for number, (sku, units, goal) in enumerate(lines, start=1)
        ]
    )


BASKETS = baskets("lyon", "marseille", most_lines=4)


@st.composite
def _sets(draw):
    """Lines that may be of a set."""
    lines = draw(st.lists(st.tuples(st.sampled_from("AB"), st.integers(1, 5)), min_size=2, max_size=4))
    names = st.sampled_from([None, "s", "t"])
    return [
        Line(id=str(number), sku=sku, quantity=quantity, set_name=draw(names))
        for number, (sku, quantity) in enumerate(lines, start=1)
    ]


SETS = _sets()
