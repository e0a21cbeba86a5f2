"""Bodies of lines: read piece by piece, answered line by line, and what becomes of both when something fails midway."""

import json

import pytest
from marshmallow import ValidationError

from api.http.requests import ndjson
from api.http.requests.ndjson import NdjsonBody, answer_lines, read_lines
from api.records.stock.master_data import SentProductRecord
from engine.errors import StoreUnavailable


class Body:
    """A body whose caller is gone after these lines."""

    def __init__(self, *lines):
        self.lines = list(lines)

    def readline(self, _):
        if not self.lines:
            raise OSError
        return self.lines.pop(0) + b"\n"


def only_even(raw):
    if raw["n"] % 2:
        raise ValidationError({"n": ["it is odd"]})
    return raw["n"]


def read(*lines):
    return read_lines(NdjsonBody(Body(*lines), most_bytes=40), only_even, name="op", most_bytes=40)


def answers(fails_at, *, lines=5):
    def answer(batch):
        for line in batch:
            if line.number == fails_at:
                raise StoreUnavailable("the server is gone")
            yield SentProductRecord(line=line.number, result="new")

    def stopped(line, message):
        return SentProductRecord(line=line.number, result="stopped", message=message)

    sent = read(*(b'{"n": 2}' for _ in range(lines)))
    answered = b"".join(answer_lines(sent, answer, stopped, subject="products"))
    return [json.loads(line) for line in answered.splitlines()]


def test_lines_before_a_cut_are_read_each_with_its_name_or_what_is_wrong_with_it():
    read_before = list(read(b'{"op": "a", "n": 2}', b'{"op": "b", "n": 3}', b"[", b'{"n": %s}' % (b"2" * 40)))
    assert [(line.number, line.name, line.value) for line in read_before] == [
        (1, "a", 2),
        (2, "b", None),
        (3, None, None),
        (4, None, None),
    ]
    assert [line.message.split(" ")[0] for line in read_before] == ["", "n:", "this", "the"]


def test_a_failure_after_some_answers_is_the_last_of_them(monkeypatch):
    monkeypatch.setattr(ndjson, "LINES_AT_ONCE", 2)
    results = [(line["line"], line["result"], line.get("message")) for line in answers(4)]
    assert results == [(1, "new", None), (2, "new", None), (3, "stopped", "the server is gone")]


def test_a_failure_before_the_first_answer_is_raised(monkeypatch):
    monkeypatch.setattr(ndjson, "LINES_AT_ONCE", 2)
    with pytest.raises(StoreUnavailable):
        answers(2)
