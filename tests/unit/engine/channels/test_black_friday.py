"""Black Friday on the example network, as docs/channels.md shows it: levels rise before it and fall after it."""

import datetime
import re
from pathlib import Path

import pytest

from engine.channels.allocation import allocations
from engine.channels.levels import levels
from engine.decide.availability.free_units import StockFacts
from engine.decide.matching.matcher import Matcher
from engine.model.facts import NetworkCaches, Snapshot, StockPosition
from rules.loader import load_policies
from tests.support.hexagone import hexagone

ROOT = Path(__file__).parents[4]
PAGE = (ROOT / "docs" / "channels.md").read_text(encoding="utf-8")
PLACE, SKU = "wh-orleans", "TXT-0056"
PARIS = datetime.timezone(datetime.timedelta(hours=1))


@pytest.fixture(scope="module")
def facts():
    """The article over the whole network."""
    loaded = hexagone()
    stock, paces = loaded.stock[SKU], loaded.paces[SKU]
    positions = {node: StockPosition(on_hand=units, pace=paces.get(node)) for node, units in stock.items()}
    return StockFacts.of(
        Snapshot(
            network=loaded.network,
            caches=NetworkCaches(loaded.network),
            products={SKU: loaded.products[SKU]},
            positions={SKU: positions},
            loads={},
        )
    )


@pytest.fixture(scope="module")
def matcher():
    (text,) = re.findall(r"^```yaml\n(policy: peaks\n.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    made = Matcher(load_policies({"peaks.yaml": text.encode()}))
    yield made
    made.close()


def shown():
    """The rows of the page's table: date, then its figures."""
    rows = re.findall(r"^\| (2026-\d\d-\d\d)[^|]*\|([\d |]+)\|$", PAGE, re.MULTILINE)
    return {date: tuple(map(int, cells.split("|"))) for date, cells in rows}


def on(facts, matcher, date):
    now = int(datetime.datetime.fromisoformat(f"{date}T09:00").replace(tzinfo=PARIS).timestamp())
    row = facts.nodes.index(PLACE)
    level = levels(facts, matcher, now).at(row)
    by_channel = {
        channel: allocations(facts, matcher, channel, now)[0].nodes[row] for channel in ("web", "marketplace")
    }
    (protected,) = [limit.units for limit in by_channel["marketplace"].limits if limit.kind == "protected"]
    assert by_channel["web"].limits == ()
    return level.target, level.alert, protected, by_channel["marketplace"].units


def test_the_page_shows_what_comes_out(facts, matcher):
    table = shown()
    assert len(table) >= 8
    assert {date: on(facts, matcher, date) for date in table} == table


def test_all_of_them_are_after_the_peak_what_they_were_long_before(facts, matcher):
    before, peak, after = (on(facts, matcher, date) for date in ("2026-11-01", "2026-11-27", "2026-12-01"))
    assert before == after
    assert all(high > usual for high, usual in zip(peak[:3], before[:3], strict=True))
    assert peak[3] < before[3]
