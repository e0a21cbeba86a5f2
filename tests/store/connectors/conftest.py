from collections.abc import Callable
from pathlib import Path

import pytest

from engine.service import Pointsman
from tests.support.connectors import Running
from tests.support.facts import NOW


@pytest.fixture
def running(pointsman: Pointsman, tmp_path: Path) -> Callable[[str], Running]:
    return lambda text: Running(pointsman=pointsman, root=tmp_path, text=text, made_at=NOW)
