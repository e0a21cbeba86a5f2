"""Rows are facts about the service, not about servers, so one server is enough: the embedded one."""

import pytest

from engine.settings import Settings
from engine.store.connection.server import open_server


@pytest.fixture(scope="session")
def server_url(tmp_path_factory):
    with open_server(Settings(data=tmp_path_factory.mktemp("data"))) as server:
        yield server.url
