"""A brief run of the programs that measure what many orders take: whether they work, not what they measure."""

import pytest

from rules.syntax.literals import SECONDS_A_DAY
from tests.bench.scale.adding import added
from tests.bench.scale.days import days_of, generate
from tests.bench.scale.deciding import decide_days
from tests.bench.scale.trying import drafts_of, tried

pytestmark = pytest.mark.slow


def test_orders_of_many_days_are_decided_tried_and_added_up(tmp_path):
    data, folder = tmp_path / "data", tmp_path / "folder"
    decided = decide_days(data, folder, orders=20, days=2, say=lambda _: None)
    assert (decided.orders, decided.days) == (20, 2)
    assert min(decided.log_bytes, decided.archive_bytes, decided.appended_bytes) > 0
    figures = tried(data, workers=1, drafts=drafts_of(count=1, unchanged=True))
    assert (figures.decisions, figures.changed, figures.same_bytes) == (20, 0, 20)
    assert added(data, orders=90, tried=20).orders == 90


def test_the_orders_of_the_example_are_dealt_out_to_days_that_end_with_its_own(tmp_path):
    generate(tmp_path, 9)
    (day,) = days_of(tmp_path, 1)
    earlier, last = days_of(tmp_path, 2)
    assert last == day[1::2]
    assert [order.id for order in earlier] == [order.id for order in day[::2]]
    assert {mine.placed_at - its.placed_at for mine, its in zip(day[::2], earlier, strict=True)} == {SECONDS_A_DAY}
    assert [order.placed_at for order in earlier] == sorted(order.placed_at for order in earlier)
