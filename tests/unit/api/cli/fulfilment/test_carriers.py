"""What is said of carriers that have few tracking numbers left."""

from api.cli.fulfilment.carriers import few_numbers_warning
from engine.fulfilment.carriers.carriers import NumberStock


def test_a_carrier_that_has_some_left_runs_out_and_one_that_has_none_says_that_nothing_is_packed():
    some = few_numbers_warning("dpd", NumberStock(numbers=100, left=1))
    none = few_numbers_warning("dpd", NumberStock(numbers=100, left=0))
    assert some == "dpd runs out of tracking numbers: ask it for a new range"
    assert none.startswith("dpd has no tracking numbers left, so nothing is packed for it")
    assert "pointsman load DIR --network-only" in none
