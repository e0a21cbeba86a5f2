"""`python -m tests.fuzz.naughty_strings` sends every string of the Big List of Naughty Strings in every field that
takes a string: nothing is answered 5xx, every answer is JSON or a problem, and what is accepted comes back as it was
sent.
"""

import contextlib
import ipaddress
import itertools
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec
import orjson
import pytest
from werkzeug.test import TestResponse

from api.files.inventory_folder import load_inventory
from api.records.ledger import LogEntryRecord
from engine.decide.address.postcodes import canonical
from engine.events.settings import EventSettings
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.connection.server import open_server
from tests.conftest import PARKS_RISKY_ORDERS, activate
from tests.fuzz.example_requests import ExampleRequest, ExampleRequests
from tests.fuzz.string_fields import CSV, JSON, NDJSON, StringField, string_fields
from tests.support.callers import client_of
from tests.support.naughty_strings import NO_UNICODE, naughty_strings
from tests.support.problem_json import problem_of

ROOT = Path(__file__).parents[2]
TYPES = (JSON, NDJSON, "text/html", "text/plain")
READ_BACK = {
    "/v1/stock/{node}/{sku}": ("/v1/stock/{sku}",),
    "/v1/stock/movements": ("/v1/stock/{sku}",),
    "/v1/products": ("/v1/products/{sku}",),
    "/v1/nodes": ("/v1/nodes/{node}",),
}
"""Where what was sent to an address is read, if not there or above it."""
READ_ONLY = {"policies_check", "quotes_promises", "stock_availability_of_many", "backlog_run"}
"""Operations that keep nothing of what is sent."""
NOT_KEPT = {"name", "op"}
"""Fields that no answer has: names of products and nodes are for those who read the file, and the id of an operation is
what tells whether it was sent before.
"""
NOT_AS_WRITTEN = {"handling", "handling_per_unit", "preparation", "time_zone", "hours", "overlap"}
NOT_AS_WRITTEN |= {"daily_orders", "hourly_orders", "daily_units", "daily_weight"}
"""Fields of amounts: they are read as numbers."""
_NO_HEADER = re.compile(r"[\r\n\0]")


@contextlib.contextmanager
def served(redis_url: str, network: str) -> Iterator[Pointsman]:
    """On the network that the examples of the page are for."""
    here = EventSettings(webhook_allow=(ipaddress.ip_network("127.0.0.0/8"),))
    with Pointsman(Settings(redis_url=redis_url, network=network, events=here)) as pointsman:
        try:
            pointsman.load(load_inventory(ROOT / "examples" / "hexagone"))
            for rule in ("then: {hold: 1 d}", "then: {hold: 2 d}", PARKS_RISKY_ORDERS):
                activate(pointsman, rule)
            yield pointsman
        finally:
            pointsman.forget()


class Sender:
    """Sends strings in fields, and says what is wrong with an answer."""

    def __init__(self, pointsman: Pointsman) -> None:
        self._pointsman = pointsman
        self._http = http = client_of(pointsman)
        page = http.get("/openapi.json").get_json()
        self.fields = tuple(string_fields(page))
        self._addresses = addresses(page)
        self._requests = ExampleRequests(http, colleague=client_of(pointsman, http.application, client="colleague"))
        self._not_shown: list[tuple[StringField, str]] = []

    def fault(self, field: StringField, text: str) -> str:
        """What is wrong with the answer to a request with this string; empty if nothing is."""
        if (field.place == "header" and _NO_HEADER.search(text)) or (field.place == "path" and not text):
            return ""  # it can't be sent there
        example = self._requests.of(field.operation, field.kind)
        verb, address = self._addresses[field.operation]
        answer = example.with_text(field, text).sent(self._http, verb, address)
        if wrong := _wrong_with(answer):
            return wrong
        if not self._is_kept(field, verb) or not _is_accepted(answer):
            return ""
        shown = itertools.chain([answer], self._read_back(example, address, answer))
        text = canonical(text, "FR") if field.path[-1] == "postcode" else text
        if field.kind == CSV:
            text = text.strip()  # as cells are read
        if not text or (field.kind == CSV and NO_UNICODE in text):
            return ""  # an empty cell, or bytes that a table may have been written in, too (Windows-1252)
        if not any(_has(item, text) for read in shown for item in _documents(read)):
            self._not_shown.append((field, text))
        return ""

    def lost(self) -> list[str]:
        """What was accepted, and is neither in an answer nor in the log or the history of the policies."""
        entries = self._pointsman.entries(on_damaged=lambda entry_id: pytest.fail(f"entry {entry_id} is damaged"))
        log = [*(LogEntryRecord.of(entry) for entry in entries), *self._pointsman.versions.history()]
        kept = set(_texts(msgspec.to_builtins(log))) if self._not_shown else set()
        lost = [(field, text) for field, text in self._not_shown if text not in kept]
        return [f"{field} {text!r}: accepted, and nowhere to be read" for field, text in lost]

    def _is_kept(self, field: StringField, verb: str) -> bool:
        return (
            field.free
            and field.place in ("body", "path")
            and verb in ("POST", "PUT")
            and field.operation not in READ_ONLY
            and field.path[-1] not in NOT_KEPT | NOT_AS_WRITTEN
        )

    def _read_back(self, example: ExampleRequest, address: str, answer: TestResponse) -> Iterator[TestResponse]:
        """What stands where the answer leads to, at the address of the request, and at those above it."""
        if "Location" in answer.headers:
            yield self._http.get(answer.headers["Location"])
        readable = {path for verb, path in self._addresses.values() if verb == "GET"}
        steps = address.split("/")
        above = ["/".join(steps[:count]) for count in range(len(steps), 2, -1)]
        for path in (*above, *READ_BACK.get(address, ())):
            if path in readable:
                yield example.sent(self._http, "GET", path)
        if address == "/v1/quotes":  # what is kept of a quote shows in the order that it becomes
            order = {"order_id": answer.get_json()["id"], "promise": 1}
            yield self._http.post(f"/v1/quotes/{answer.get_json()['id']}/take", json=order)


def all_faults(sender: Sender, sent: Sequence[tuple[StringField, str]]) -> list[str]:
    """What is wrong with the answers to these, or was lost of them."""
    faults = [f"{field} {text!r}: {fault}" for field, text in sent if (fault := sender.fault(field, text))]
    return faults + sender.lost()


def addresses(page: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """The method and the path of each operation."""
    return {
        operation["operationId"]: (verb.upper(), path)
        for path, item in page["paths"].items()
        for verb, operation in item.items()
        if verb != "parameters"
    }


def _wrong_with(answer: TestResponse) -> str:
    """What no answer may be."""
    if answer.status_code >= 500:
        return f"{answer.status_code}: {answer.text}"
    if answer.status_code >= 400:
        try:
            problem_of(answer, answer.status_code)
        except (AssertionError, ValueError, msgspec.ValidationError) as error:
            return f"no whole problem: {error}"
    elif answer.status_code not in (204, 304) and answer.mimetype not in TYPES:
        return f"of the type {answer.mimetype}"
    return ""


def _is_accepted(answer: TestResponse) -> bool:
    """Whether nothing in it was refused, an order of a batch included."""
    documents = _documents(answer) if answer.status_code < 300 else ()
    return answer.status_code < 300 and not any({"problem", "refused"} & set(_texts(item)) for item in documents)


def _documents(answer: TestResponse) -> list[Any]:
    """The JSON of an answer, or of each of its lines. Raises ValueError if it is none."""
    if answer.mimetype == NDJSON:
        return [orjson.loads(line) for line in answer.data.splitlines()]
    return [orjson.loads(answer.data)] if "json" in answer.mimetype else []


def _has(document: Any, text: str) -> bool:
    """Whether the text is a value or a key in it."""
    return text in _texts(document)


def _texts(document: Any) -> Iterator[str]:
    """The values and the keys that are texts."""
    if isinstance(document, str):
        yield document
    elif isinstance(document, list):
        yield from itertools.chain.from_iterable(map(_texts, document))
    elif isinstance(document, dict):
        yield from itertools.chain(document, *map(_texts, document.values()))


@click.command()
@click.option("--only", default="", help="Only fields whose name has this, such as decisions_decide.")
def main(only: str) -> None:
    """Send every string in every field, and report each fault."""
    faults = 0
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as data,
        open_server(Settings(data=Path(data))) as server,
    ):
        with served(server.url, "fields") as pointsman:
            fields = [field for field in Sender(pointsman).fields if only in str(field)]
        strings = (*naughty_strings(), NO_UNICODE)
        for field in fields:
            with served(server.url, "naughty") as pointsman:  # of its own: what was kept before makes lists slow
                found = all_faults(Sender(pointsman), [(field, text) for text in strings])
            for fault in found:
                click.echo(fault, err=True)
            faults += len(found)
    click.echo(f"{len(strings)} strings in each of {len(fields)} fields: {faults} faults")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
