"""Property: lines whose products are not counted change nothing of what ships."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.support.facts import LILLE, LYON, decided, node, order, product, snapshot, units

NODES = [node("lyon", LYON), node("lille", LILLE, unit_handling=1_000_000)]
_LINES = st.lists(st.tuples(st.sampled_from("ABXY"), st.integers(1, 5)), min_size=1, max_size=5)
_STOCK = st.fixed_dictionaries({"lyon": st.integers(0, 6), "lille": st.integers(0, 6)})


@given(_LINES, _STOCK, _STOCK)
def test_the_other_lines_ship_as_if_these_were_not_there(lines, first, second):
    stock = {"A": first, "B": second, "X": {}, "Y": {}}
    products = [product(sku, weight=0, counted=False) for sku in "XY"]
    facts = snapshot(NODES, stock, products=products)
    placed = order(*lines)
    counted = tuple(line for line in placed.lines if line.sku in "AB")
    whole = decided(placed, facts)
    assert [(item.line, item.quantity) for item in whole.not_counted] == [
        (line.id, line.quantity) for line in placed.lines if line.sku in "XY"
    ]
    assert whole.order == placed
    if not counted:
        assert (whole.status, whole.shipments, whole.claims) == ("filled", (), ())
        return
    alone = decided(replace(placed, lines=counted), facts)
    assert (units(whole), whole.unfilled, whole.score) == (units(alone), alone.unfilled, alone.score)
