"""A service with three decided orders, and what runs its jobs."""

import pytest

from api.whatif.turns import JobTurns
from engine.service import Pointsman
from engine.settings import Settings
from engine.simulation.settings import WhatIfSettings
from tests.conftest import activate, small
from tests.support.callers import client_of
from tests.support.order_json import order_json

RULE = "when: {node.id: lyon}, then: {prefer: 1.00}"


@pytest.fixture
def service(server_url, network, tmp_path, clock):
    settings = Settings(redis_url=server_url, network=network, data=tmp_path, whatif=WhatIfSettings(waiting=3))
    with Pointsman(settings, clock=clock) as service:
        service.load(small())
        activate(service, RULE)
        yield service
        service.forget()


@pytest.fixture
def client(service, application):
    made = client_of(service, application.around(service))
    for number in range(3):
        assert made.post("/v1/decisions", json=order_json(id=f"J-{number}")).status_code == 201
    return made


@pytest.fixture
def running(service):
    """Runs the jobs of a kind; what runs at the end of the test is ended."""
    made = []

    def turns(kind):
        made.append(JobTurns(service, kind))
        return made[-1]

    yield turns
    for its in made:
        its.close()


@pytest.fixture
def turns(running):
    return running("whatif")


@pytest.fixture
def gates(running):
    return running("gate")
