"""Stock as tables by node and channel, and numbers with their nouns."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from api.cli.output.stock_tables import stock_tables
from api.language.current import counted
from api.records.stock.positions import NodeStockRecord, SkuStockRecord

CHANNELS = ("web", "app", "store", "social", "marketplace", "call_centre", "*")
NAMES = st.text("abcdefghij", min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("number", "noun", "text"),
    [(0, "rule", "0 rules"), (1, "rule", "1 rule"), (2, "rule", "2 rules"), (1_200, "drift", "1,200 drifts")],
)
def test_one_is_no_plural(number, noun, text):
    assert counted(number, noun) == text


def record(nodes, channels):
    free = dict.fromkeys(channels, 1_200)
    items = [
        NodeStockRecord(node=name, on_hand=1_234, held=17, available=1_217, free=free, blocked=0) for name in nodes
    ]
    return SkuStockRecord(
        sku="TXT-0059",
        policy_version="v1",
        on_hand=1_234 * len(items),
        held=17 * len(items),
        available=1_217 * len(items),
        free=dict.fromkeys(channels, 0),
        nodes=items,
        next=None,
        blocked=0,
    )


def printed(record, width):
    console = Console(width=width, file=io.StringIO())
    for table in stock_tables(record, width=width):
        console.print(table)
    return console.file.getvalue()


def test_stock_of_many_channels_is_readable_at_80_columns():
    shown = printed(record(["wh-orleans", "st-tours"], CHANNELS), 80)
    for name in ("on hand", "held", "available", *(f"free to {channel}" for channel in CHANNELS)):
        assert name in shown
    assert "…" not in shown
    assert shown.count("wh-orleans") == shown.count("node")


def test_stock_of_few_channels_is_one_table():
    assert len(list(stock_tables(record(["lyon"], ("web", "*")), width=80))) == 1


@given(
    st.lists(NAMES, unique=True, min_size=1, max_size=4),
    st.lists(NAMES, unique=True, max_size=12),
    st.integers(40, 200),
)
def test_no_heading_and_no_node_is_cut_at_any_usual_width(nodes, channels, width):
    shown = printed(record(nodes, [*channels, "*"]), width)
    assert max(map(len, shown.splitlines())) <= width
    for name in (*nodes, *(f"free to {channel}" for channel in channels), "free to *"):
        assert name in shown
