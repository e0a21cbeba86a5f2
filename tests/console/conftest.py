"""A site with a small network, of which some orders have been decided, one for a module; and a browser that looks at
all sites, since starting it takes longer than most looks.
"""

from collections.abc import Iterator

import pytest

from engine.service import Pointsman
from engine.settings import Settings
from tests.conftest import Clock, activate, small
from tests.support.browser import AXE, CHROMIUM, browser
from tests.support.console import ConsoleSite, console_site


@pytest.fixture(scope="package")
def opened():
    if CHROMIUM is None or not AXE.exists():
        pytest.skip("chromium or axe-core is not installed (make .venv/.npm)")
    with browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def site(server_url, tmp_path_factory) -> Iterator[ConsoleSite]:
    settings = Settings(redis_url=server_url, network="shop")
    with Pointsman(settings, clock=Clock()) as pointsman:
        pointsman.load(small())
        activate(pointsman)
        with console_site(pointsman, tmp_path_factory.mktemp("pictures")) as served:
            yield served
        pointsman.forget()
