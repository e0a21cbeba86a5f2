"""How events are written: as JSON for programs, as text for people."""

import json
import logging
import re
import sys
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import example, given

from api.http.logs.output import JsonFormatter, TextFormatter, formatter
from engine.actor import act_as, begin_request

ANY_TEXT = st.text(st.characters())
"""Lone surrogates, too, of which file names are read that are no UTF-8."""


class Unprintable:
    def __str__(self) -> str:
        raise RuntimeError("on purpose")


ANYTHING = st.recursive(
    st.none() | st.integers(-(1 << 70), 1 << 70) | st.floats() | st.binary() | st.builds(Unprintable) | ANY_TEXT,
    lambda values: st.lists(values) | st.dictionaries(st.integers() | st.binary() | ANY_TEXT, values),
    max_leaves=5,
)


def event(level: int = logging.INFO, *, error: BaseException | None = None, **extra: Any) -> logging.LogRecord:
    exc_info = None if error is None else (type(error), error, error.__traceback__)
    record = logging.LogRecord("pointsman.requests", level, "here.py", 1, "request %s", ("7",), exc_info)
    vars(record).update(created=1_790_000_000.25, **extra)
    return record


@pytest.fixture
def asked():
    begin_request("shop-42")
    act_as("till 7")
    yield
    begin_request("")
    act_as("")


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
        "caller": "till 7",
    }


def test_json_is_one_line_though_there_is_a_traceback() -> None:
    line = JsonFormatter().format(event(logging.ERROR, error=raised()))
    assert "\n" not in line
    assert json.loads(line)["level"] == "error"
    assert re.match(r"Traceback .*ZeroDivisionError: .*by zero\Z", json.loads(line)["exception"], re.DOTALL)


def test_what_json_has_no_form_for_is_written_as_text() -> None:
    assert json.loads(JsonFormatter().format(event(file=JsonFormatter)))["file"] == str(JsonFormatter)


@given(name=ANY_TEXT, message=ANY_TEXT, value=ANYTHING)
@example(name="", message="caf\udce9.csv", value={"caf\udce9.csv": 1 << 70})
def test_no_event_is_lost(name: str, message: str, value: object) -> None:
    for form in (JsonFormatter(), TextFormatter(colours=True)):
        record = event(file=value, rows=7)
        vars(record).update(name=name, msg=message.replace("%", "%%") + " %s")
        form.format(record).encode()
    written = json.loads(JsonFormatter().format(record))
    assert written["event"] == f"{message} 7".encode("utf-8", "backslashreplace").decode()
    assert written["rows"] == 7
    assert "file" in written


def test_no_event_is_lost_whose_text_has_no_place_for_its_values() -> None:
    record = event()
    vars(record).update(msg="%d", args=("x",))
    assert json.loads(JsonFormatter().format(record))["event"] == "%d ('x',)"
    assert "%d ('x',)" in TextFormatter(colours=False).format(record)


def test_what_json_refuses_is_text_and_the_rest_of_the_event_as_it_is() -> None:
    written = json.loads(JsonFormatter().format(event(rows=1 << 70, status=201, file={1: "a"}, order="\udce9")))
    assert (written["rows"], written["status"], written["file"], written["order"]) == (
        str(1 << 70),
        201,
        {"1": "a"},
        "\\udce9",
    )
    assert "Unprintable object" in json.loads(JsonFormatter().format(event(file=Unprintable())))["file"]


@given(ANY_TEXT, ANY_TEXT, ANY_TEXT)
@example("a\nb", "a\n[info    ] signed in", "\x1b[2J")
@example("\x85", "\u2028", "\x9b")
def test_text_is_one_line_without_control_characters(order: str, message: str, name: str) -> None:
    record = event(order=order)
    vars(record).update(name=name, msg="%s", args=(message,))
    line = TextFormatter(colours=False).format(record)
    assert len(line.splitlines()) == 1
    assert not re.search(r"[\x00-\x1f\x7f-\x9f]", line)
    assert line.isprintable()


@given(ANY_TEXT)
@example("W-1 status=200")
@example('"')
@example("W=1")
@example("W-1\xa0status")
@example("\x7f\u2028")
@example("")
def test_a_value_in_text_is_read_back_and_forges_no_field(order: str) -> None:
    _, _, value = TextFormatter(colours=False).format(event(order=order)).partition("] order=")
    quoted = value.startswith('"')
    # in JSON, two halves of a surrogate pair are one character
    assert json.loads(value if quoted else json.dumps(value)) == json.loads(json.dumps(order))
    assert quoted or not re.search(r"[\s=]", value)


@pytest.mark.parametrize("plain", ["W-1", "7", "ops@example.com", "/v1/orders", "Zoé", "a\\b"])
def test_what_is_plain_is_written_plainly(plain: str) -> None:
    assert TextFormatter(colours=False).format(event(order=plain)).endswith(f" order={plain}")


def test_where_no_exception_is_handled_none_is_written() -> None:
    record = event()
    record.exc_info = (None, None, None)
    assert "exception" not in json.loads(JsonFormatter().format(record))
    assert len(TextFormatter(colours=False).format(record).splitlines()) == 1


def test_the_stack_is_written_where_it_is_asked_for() -> None:
    record = event(error=raised(), stack_info="Stack (most recent call last):\n  here")
    assert json.loads(JsonFormatter().format(record))["stack_info"] == record.stack_info
    text = TextFormatter(colours=False).format(record)
    assert text.endswith("by zero\nStack (most recent call last):\n  here")


def test_text_has_the_same_and_the_traceback_behind_it(asked: None) -> None:
    line, *traceback = TextFormatter(colours=False).format(event(error=raised(), order="W-1")).splitlines()
    assert line == (
        "2026-09-21T14:13:20.250000Z [info    ] request 7 [pointsman.requests] order=W-1 request_id=shop-42"
        ' caller="till 7"'
    )
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
