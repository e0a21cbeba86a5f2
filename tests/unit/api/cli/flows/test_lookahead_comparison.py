"""What is said of what look-ahead prices bring: savings, and that they bring nothing."""

import pytest

from api.cli.flows.lookahead_comparison import comparison_lines, print_sides
from api.cli.language.current import speaking
from api.records.flows.lookahead_comparison import LookaheadComparisonRecord, LookaheadTotalsRecord

EURO = 1_000_000


def compared(*, saved, possible=60 * EURO, percent):
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
        bound_micros=baseline - possible,
        captured_percent=percent,
    )


@pytest.mark.parametrize(
    ("saved", "percent", "said"),
    [
        pytest.param(30 * EURO, 50, "you capture 50 % of what was possible", id="saves half"),
        pytest.param(1_000, 0, "you capture less than 1 % of what was possible", id="saves next to nothing"),
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


def test_numbers_are_written_as_in_french(capsys):
    record = compared(saved=-5_280_000, percent=-9)
    with speaking("fr"):
        print_sides(record)
        changed, cost, *_ = comparison_lines(record)
    assert cost == "les prix auraient coûté 5,28 EUR de plus (0,1\N{NO-BREAK SPACE}%)"
    assert "1,0" not in changed + capsys.readouterr().out
