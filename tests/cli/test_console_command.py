"""`pointsman console`: an address that signs in, and not before there is somebody who answers at it."""

import re
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from tests.support.forked_cli import Command
from tests.support.free_port import free_port
from tests.support.local_server import local_server


class Starting(BaseHTTPRequestHandler):
    """Is not ready the first two times."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(503 if len(self.asked) < 3 else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def test_the_address_is_printed_once_the_server_is_ready(command: Command, tmp_path: Path) -> None:
    Starting.asked = []
    with local_server(Starting) as server:
        url = f"http://127.0.0.1:{server.server_port}"
        printed = command("console", "--wait", 60, "--role", "oms", "--url", f"{url}/", POINTSMAN_DATA=tmp_path)
    assert Starting.asked == ["/readyz"] * 3
    assert re.fullmatch(rf"{url}/console/sign-in/once/[\w-]{{40,}}\n", printed.stdout), printed.stderr
    assert "it signs in as oms" in printed.stderr


def test_where_no_server_answers_it_says_so_and_makes_no_key(command: Command, tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    told = command("console", "--wait", 0, "--url", url, POINTSMAN_DATA=tmp_path)
    assert (told.returncode, told.stdout) == (1, "")
    assert f"nothing that is ready answers at {url}: start pointsman serve" in told.stderr
    assert list(tmp_path.iterdir()) == []
