"""Amounts of rules are whole units: a floor of a product with decimals is that of its whole units, scaled."""

from hypothesis import given
from hypothesis import strategies as st

from rules.reserves import Allotment, Floor, Portion, Reserve, Tally

_UNITS = st.integers(0, 9)
_ALLOTMENTS = st.builds(
    Allotment, channel=st.just("web"), units=_UNITS, least=_UNITS, most=st.none() | _UNITS, per=st.just("day")
)
_PORTIONS = st.builds(
    Portion, reserve=st.builds(Reserve, units=_UNITS), allotments=st.lists(_ALLOTMENTS, max_size=2).map(tuple)
)


@given(
    st.builds(
        Floor,
        keep=st.builds(Reserve, units=_UNITS),
        own=_PORTIONS,
        others=st.lists(_PORTIONS, max_size=2).map(tuple),
        oversell=_UNITS,
    ),
    st.integers(0, 30),
    st.integers(0, 30),
    _UNITS,
)
def test_a_scaled_floor_is_as_many_times_the_floor(floor, on_hand, held, taken):
    tally = Tally("web", "day")
    assert floor.scaled(100).of(100 * on_hand, {tally: 100 * taken}, 100 * held) == 100 * floor.of(
        on_hand, {tally: taken}, held
    )
