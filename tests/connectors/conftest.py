"""What tests of the connectors that come with Pointsman share."""

import pytest

from engine.settings import Settings
from engine.store.connection.server import open_server


@pytest.fixture(scope="session")
def server_url(tmp_path_factory):
    """One server: what each of them does with a connector's rows is tested in tests/store/connectors."""
    with open_server(Settings(data=tmp_path_factory.mktemp("data"))) as server:
        yield server.url
