"""What packs of an article are worth at a place: the chance that they sell, times its margin. No next is worth more."""

from hypothesis import given
from hypothesis import strategies as st

from engine.demand.chance_of_sale import CERTAIN, chance_above
from engine.transfers.gains import PackValues, StockAndDemand, sold, worth
from tests.support.facts import EURO

STALLS = st.builds(StockAndDemand, there=st.integers(-5, 60), demand=st.integers(0, 40_000))


def test_a_unit_is_worth_its_chance_of_sale_times_the_margin():
    stall = StockAndDemand(there=3, demand=5_000)
    assert worth(stall, 0, pack=1, margin=EURO, scale=1) == chance_above(3, 5_000)
    assert worth(stall, -1, pack=1, margin=7 * EURO, scale=1) == 7 * chance_above(2, 5_000)


def test_a_unit_that_was_promised_and_is_not_there_is_certain_to_be_of_use():
    stall = StockAndDemand(there=-2, demand=0)
    assert [worth(stall, k, pack=1, margin=EURO, scale=1) for k in range(4)] == [EURO, EURO, 0, 0]
    assert worth(stall, 0, pack=2, margin=EURO, scale=1) == 2 * EURO
    assert sold(stall, 1) - sold(stall, 0) == CERTAIN


@given(stall=STALLS, change=st.integers(-70, 70), pack=st.integers(1, 12), scale=st.sampled_from([1, 10, 100]))
def test_a_pack_is_worth_what_its_units_sell_and_the_next_no_more(stall, change, pack, scale):
    values = [worth(stall, change + step * pack, pack=pack, margin=3 * EURO, scale=scale) for step in range(3)]
    assert values == sorted(values, reverse=True)
    more = sold(stall, change + pack) - sold(stall, change)
    assert abs(values[0] * scale - 3 * more) <= scale // 2 + 1


@given(stall=STALLS, k=st.integers(-9, 9), pack=st.integers(1, 6))
def test_a_value_is_the_same_when_it_is_asked_for_again(stall, k, pack):
    values = PackValues(stalls=[stall], pack=pack, margin=EURO)
    first = values(0, k)
    assert first == values(0, k) == worth(stall, k * pack, pack=pack, margin=EURO, scale=1)
