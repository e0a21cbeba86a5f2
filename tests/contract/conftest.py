"""One service for all tests of this folder that one worker runs, and its description as a file."""

import urllib.request
from pathlib import Path

import pytest

from tests.contract.served import service


@pytest.fixture(scope="session")
def pointsman_service(tmp_path_factory):
    with service(tmp_path_factory.mktemp("served")) as started:
        yield started


@pytest.fixture(scope="session")
def description(pointsman_service, tmp_path_factory) -> Path:
    """`GET /openapi.json`, as whoever generates a client would save it."""
    path = tmp_path_factory.mktemp("description") / "openapi.json"
    with urllib.request.urlopen(f"{pointsman_service.url}/openapi.json") as answer:
        path.write_bytes(answer.read())
    return path
