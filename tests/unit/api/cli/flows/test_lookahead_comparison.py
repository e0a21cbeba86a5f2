"""What is said of what look-ahead prices bring: savings, and that they bring nothing."""

import pytest

from api.cli.flows.lookahead_comparison import comparison_lines, print_sides
from api.language.current import speaking
from api.records.flows.lookahead_comparison import (
    LookaheadComparisonRecord,
    LookaheadHindsightRecord,
    LookaheadTotalsRecord,
)

EURO = 1_000_000


def compared(*, saved, possible=60 * EURO, percent, networks=1):
    def totals(cost):
        return LookaheadTotalsRecord(units_shipped=1_019, units_unfilled=0, shipments=1_001, cost_micros=cost)

    baseline = 5_280 * EURO
    return LookaheadComparisonRecord(
        table="0123456789abcdef",
        baseline_table=None,
        currency="EUR",
        orders=1_001,
        left_out=0,
        changed=1_000,
        baseline=totals(baseline),
        achieved=totals(baseline - saved),
        hindsight=LookaheadHindsightRecord(
            orders=1_001,
            networks=networks,
            baseline_micros=baseline,
            achieved_micros=baseline - saved,
            bound_micros=baseline - possible,
            captured_percent=percent,
        ),
    )


@pytest.mark.parametrize(
    ("saved", "percent", "said"),
    [
        pytest.param(30 * EURO, 50, "you capture 50 % of what was possible: 30.00 of 60.00 EUR", id="saves half"),
        pytest.param(1_000, 0, "you capture less than 1 % of what was possible", id="saves next to nothing"),
        pytest.param(0, None, "no plan costs less than without the prices", id="nothing was possible"),
        pytest.param(
            0, 0, "the prices bring nothing here: of the 60.00 EUR that were possible, they save none", id="no change"
        ),
        pytest.param(
            -1_000, 0, "the prices bring nothing here: of the 60.00 EUR that were possible, they save none", id="costs"
        ),
    ],
)
def test_prices_that_save_nothing_are_said_to_bring_nothing(saved, percent, said):
    assert list(comparison_lines(compared(saved=saved, percent=percent)))[-1] == said


def test_orders_of_several_networks_are_said_to_be_bounded_network_by_network():
    several = list(comparison_lines(compared(saved=EURO, percent=2, networks=2)))
    assert "they were decided on 2 networks, and the bound is the sum of each one's" in several
    assert not any("networks" in line for line in comparison_lines(compared(saved=EURO, percent=2)))


def test_numbers_are_written_as_in_french(capsys):
    record = compared(saved=-5_280_000, percent=-9)
    with speaking("fr"):
        print_sides(record)
        changed, cost, *_ = comparison_lines(record)
    assert cost == "les prix auraient coûté 5,28 EUR de plus (0,1\N{NO-BREAK SPACE}%)"
    assert "1,0" not in changed + capsys.readouterr().out
