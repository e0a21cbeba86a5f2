"""A few kills amid short files; `make soak` has the long ones."""

import pytest

from tests.soak.connector_kills import children, kill_advices, kill_sales

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def born():
    with children() as started:
        yield started


@pytest.mark.parametrize(("kill", "rows"), [(kill_sales, 200), (kill_advices, 40)])
def test_whatever_is_killed_each_row_counts_once(born, tmp_path, kill, rows):
    verdict = kill(born, tmp_path, rows=rows, kills=2, at_once=5)
    assert verdict.is_clean, verdict
    assert (verdict.rows, verdict.killed) == (rows, 2)
