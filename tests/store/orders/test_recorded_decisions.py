"""WholeNumber days of orders are decided byte for byte as they were when their digests were recorded.

They are decided by what durable-rules answers alone, with the guard off; the guard changes nothing about that.

A change that is meant to change decisions records new digests, and says in its message which decisions changed and why.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from engine.settings import Settings
from tests.support.examples import of_many
from tests.support.recorded_decisions import ORDERS_PER_DIGEST, decide_day, digests

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
RECORDED = json.loads((ROOT / "tests" / "data" / "recorded_decisions.json").read_text(encoding="utf-8"))
DIGESTS = of_many(1, None)
"""The first of them in the suite, all in `make fuzz`."""
MOST = DIGESTS and DIGESTS * ORDERS_PER_DIGEST
OLIST = ROOT.parent / "shared" / "data" / "olist_22k"


def test_the_hexagone_orders_are_decided_as_recorded_by_durable_rules_alone(tmp_path):
    settings = Settings(data=tmp_path, guard="off")
    decisions = decide_day(ROOT / "examples" / "hexagone", ROOT / "policies", settings, most=MOST)
    assert digests(decisions) == RECORDED["hexagone"][:DIGESTS]


@pytest.mark.exhaustive
def test_the_first_1000_hexagone_orders_are_decided_as_recorded_under_the_guard(tmp_path):
    settings = Settings(data=tmp_path, guard="first_sight")
    decisions = decide_day(ROOT / "examples" / "hexagone", ROOT / "policies", settings, most=ORDERS_PER_DIGEST)
    assert digests(decisions) == RECORDED["hexagone"][:1]


@pytest.mark.skipif(not OLIST.is_dir(), reason="the Olist data set is not in the repository; see examples/olist")
def test_the_olist_orders_are_decided_as_recorded_by_durable_rules_alone(tmp_path):
    converter = ROOT / "examples" / "olist" / "convert.py"
    network = tmp_path / "network"
    subprocess.run([sys.executable, "-B", str(converter), str(OLIST), str(network)], check=True, capture_output=True)
    settings = Settings(data=tmp_path / "data", guard="off")
    decisions = decide_day(network, ROOT / "policies", settings, most=MOST)
    assert digests(decisions) == RECORDED["olist"][:DIGESTS]
