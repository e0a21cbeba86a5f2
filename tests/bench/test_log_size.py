"""How much the log takes: a bound that the documentation promises."""

import pytest

from tests.bench import log_size

pytestmark = pytest.mark.slow

MOST_BYTES = 900


def test_an_entry_of_the_example_takes_at_most_so_much_on_average():
    decided, confirmed = log_size.measure(150)
    assert decided.entry <= MOST_BYTES
    assert 0 < decided.memory["log"] < confirmed.memory["log"]
