"""How events are written: as JSON for programs, as text for people."""

import json
import logging
import re
import sys
from typing import Any

import pytest

from api.http.logs.output import JsonFormatter, TextFormatter, formatter
from engine.actor import begin_request


def event(level: int = logging.INFO, *, error: BaseException | None = None, **extra: Any) -> logging.LogRecord:
    exc_info = None if error is None else (type(error), error, error.__traceback__)
    record = logging.LogRecord("pointsman.requests", level, "here.py", 1, "request %s", ("7",), exc_info)
    vars(record).update(created=1_790_000_000.25, **extra)
    return record


@pytest.fixture
def asked():
    begin_request("shop-42")
    yield
    begin_request("")


def raised() -> ZeroDivisionError:
    with pytest.raises(ZeroDivisionError) as caught:
        divmod(1, 0)
    return caught.value


def test_json_has_what_happened_and_who_asked(asked: None) -> None:
    written = json.loads(JsonFormatter().format(event(order="W-1", status=201, secret="x")))
    assert written == {
        "event": "request 7",
        "level": "info",
        "logger": "pointsman.requests",
        "order": "W-1",
        "status": 201,
        "time": "2026-09-21T14:13:20.250000Z",
        "request_id": "shop-42",
    }


def test_json_is_one_line_though_there_is_a_traceback() -> None:
    line = JsonFormatter().format(event(logging.ERROR, error=raised()))
    assert "\n" not in line
    assert json.loads(line)["level"] == "error"
    assert re.match(r"Traceback .*ZeroDivisionError: .*by zero\Z", json.loads(line)["exception"], re.DOTALL)


def test_what_json_has_no_form_for_is_written_as_text() -> None:
    assert json.loads(JsonFormatter().format(event(file=JsonFormatter)))["file"] == str(JsonFormatter)


def test_text_has_the_same_and_the_traceback_behind_it(asked: None) -> None:
    line, *traceback = TextFormatter(colours=False).format(event(error=raised(), order="W-1")).splitlines()
    assert line == "2026-09-21T14:13:20.250000Z [info    ] request 7 [pointsman.requests] order=W-1 request_id=shop-42"
    assert traceback[0].startswith("Traceback")
    assert traceback[-1].startswith("ZeroDivisionError: ")


@pytest.mark.parametrize(("level", "colour"), [(logging.INFO, 32), (logging.WARNING, 33), (logging.ERROR, 31)])
def test_levels_have_colours_in_a_terminal(level: int, colour: int) -> None:
    line = TextFormatter(colours=True).format(event(level))
    assert f"\x1b[{colour}m[{logging.getLevelName(level).lower():<8}]\x1b[0m" in line


@pytest.mark.parametrize(
    ("named", "kind"),
    [("json", JsonFormatter), ("text", TextFormatter), ("", JsonFormatter)],
)
def test_the_setting_says_which_and_out_of_a_terminal_it_is_json(
    monkeypatch: pytest.MonkeyPatch, named: str, kind: type[logging.Formatter]
) -> None:
    monkeypatch.setenv("POINTSMAN_LOG_FORMAT", named)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False, raising=False)
    assert type(formatter()) is kind


def test_in_a_terminal_it_is_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("POINTSMAN_LOG_FORMAT", raising=False)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert type(formatter()) is TextFormatter
