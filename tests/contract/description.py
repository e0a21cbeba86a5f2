"""`python -m tests.contract.description FILE` writes the OpenAPI description, for tools that read it from a file."""

import sys
from http import HTTPStatus
from pathlib import Path

from api.http.app import create_app
from engine.service import Pointsman
from engine.settings import Settings


def description(data: Path) -> bytes:
    """The document as `GET /openapi.json` answers it; `data` is a directory for the service's own."""
    pointsman = Pointsman(Settings(data=data))
    try:
        answer = create_app(pointsman).test_client().get("/openapi.json")
        assert answer.status_code == HTTPStatus.OK, answer.text
        return answer.data
    finally:
        pointsman.close()


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_bytes(description(path.with_suffix(".data")))
