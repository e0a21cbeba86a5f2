from collections.abc import Callable
from pathlib import Path

import pytest

from engine.service import Pointsman
from tests.support.connectors import Running
from tests.support.facts import NOW
from tests.support.kafka_cluster import kafka_brokers
from tests.support.kafka_tills import reading


@pytest.fixture
def running(pointsman: Pointsman, tmp_path: Path) -> Callable[[str], Running]:
    return lambda text: Running(pointsman=pointsman, root=tmp_path, text=text, made_at=NOW)


@pytest.fixture(scope="module")
def brokers():
    with kafka_brokers(2) as found:
        yield found


@pytest.fixture
def topic(network):
    return f"sales.{network}"


@pytest.fixture
def tills(running, brokers, topic):
    """Reads sales of tills from a topic of the test's own."""
    return running(reading(topic, brokers.servers))


@pytest.fixture
def impatient(monkeypatch):
    """Brokers are not waited for as long as else."""
    monkeypatch.setattr("api.connectors.sources.kafka_client.SECONDS", 0.5)
