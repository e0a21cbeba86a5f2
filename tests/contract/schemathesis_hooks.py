"""Hooks of schemathesis: how lines of JSON are written and read, what it must not reach, and which refusals of requests
that fit their schema are right all the same.
"""

import itertools
import json
import re
from collections.abc import Mapping
from typing import Any

import jsonschema
import schemathesis

from api.http.each_request.key_header import MOST_LETTERS
from api.shapes.events import MOST_SECONDS

NDJSON = "application/x-ndjson"
_NUMBERS = itertools.count(1)
NOWHERE = "https://pointsman.invalid/events"
"""An address that there never is (RFC 2606): nothing is sent anywhere."""
LINE_BY_LINE = {
    "POST /v1/decisions/batch": "problem",
    "POST /v1/stock/movements": "refused",
    "POST /v1/products": "refused",
    "POST /v1/nodes": "refused",
    "POST /v1/inbound": "refused",
    "POST /v1/tracking/events": "refused",
}
"""Operations whose body has many things, each of which is read and answered by itself: a mistake in one keeps no other
from being carried out, so the answer as a whole is a success. And the word of an answer to one with a mistake.
"""

RULES: Mapping[str, tuple[str, ...]] = {
    "which products, nodes, services and channels there are, only the network knows": (
        "goes by the (id|SKU|name)",
        "no service and no carrier goes by",
        "has a cut-off that could be moved",
        "lists no (channel|segment|tag|region)",
        r"is not declared in network\.yaml",
        "is no time zone",
        "the node has no service",
        "is no attribute declared",
        "no opening_hours go by",
        "the node is closed on every weekday",
        "no list of holidays",
        "no opening hours",
        "has no coordinates",
        r"lies [\d,]+ km outside",
        "is no (reason|grade) of this network",
        "the network has no (reason|grade)",
        "is not counted, so it has no stock",
        "is of the category",
    ),
    "how many decimals a quantity or an amount has depends on its product, and on how large it is": (
        "a quantity is a whole number",
        "is counted in whole numbers",
        r"is counted with \d",
        "than can be counted",
        "at most six decimals",
        "is finer than",
        "is no (number|amount)",
        "is more than can be meant",
        "units are placed at a time",
    ),
    "what an order, a hold or a quote still has is not in the request": (
        "can't be cancelled",
        "ships nothing from",
        "has no (shipment|line|group)",
        "no rule says what becomes of",
        "are still to come",
        r"group \d+ has",
        "is no line of",
        "a hold is extended",
        "had . decimals so far",
        r"has \d+ promises",
        "an order keeps its id",
        "placed at another time",
        "POINTSMAN_",
    ),
    "what is left to pack, and to whom it goes, only the ledger knows": (
        "in no parcel",
        "are more than the",
        "has no such line or SKU",
        "name what is in the parcel",
        "has no addressee",
        "labels can't show",
    ),
    "telephone numbers, mail addresses, printers and papers have rules of their own": (
        "write it as",
        "is no printer",
        "has no printer for a",
        "Must be one of: label",
        "write name, company or both",
    ),
    "how many there are already is not in the request": ("which is the most",),
    "a schema has no clock": (
        "between the years",
        "this instant is over",
        "ahead of",
        "is over",
        "is past",
        "were not held yet",
        "is later than",
        "is no (instant|day of the calendar)",
    ),
    # a schema can say these, but clients that are generated from it would lose the names of the fields
    "which fields go together": (
        "say (either|where|which|what|why|of which)",
        "(give|write) both",
        "give latitude and longitude",
        "not both",
        "collect_at",
        "no other destination",
        "goes with",
        "'after' goes on with",
        r"there is no \w+ to (a destination|a node)",
        "stands here a second time",
        "travel together",
        "nothing moves by",
        "nothing arrives by 0",
        "leads from one node to another",
        "must be open at some time",
        "in the order of the day",
        "takes more than a year of",
        "ends before it starts",
        "name a ",
        "has either files or a version",
        "a draft of files needs a name",
        "two drafts have one name",
        "the time ends before it begins",
        "one draft is tried with several numbers",
        "needs a note that says why",
        "orders are decided one after another in one process",
        "in one step, what orders leave for others",
        "in one step, each decision is on the logged stock anyhow",
        "stands here before",
        "with at most two decimals",
        "the time is longer than a year",
        "the period ends after it begins",
    ),
    "what a draft of policies is, and which values its rules have, is in its texts": (
        "a draft needs a name",
        "a control character in its name",
        "is none of \\*\\.yaml",
        "no such value that a form can change",
        "write one of values, add, replace, copy_as, remove",
        "write every value of a rule as text",
        "write it on one line, without control characters",
        "the policy has a rule",
        "nested deeper than",
    ),
    "the texts of a network folder are files of their own": (
        "is no file of a network",
        r"^(network\.yaml|products\.csv|stock\.csv|postcodes\.csv)",
        "costs of both can't be compared",
    ),
    "which numbers a sweep has, and whether a rule has them, a text does not say": (
        "is no sweep",
        r"has \d+ numbers",
        "goes from the lower number",
        "which is no (rule of the draft|number there)",
        "does not have$",
        "a row of a table",
    ),
    "a bound is a text with rules of its own, and a canary's share is held against the one that it has": (
        "is no bound",
        "there is a bound of",
        "the network counts in",
        "is not between",
        r"\(of (cost|co2|late|unfilled|shipments): ",
        "is no share",
        "a share is above 0%",
        "its share only grows",
    ),
    "a cursor is one that was answered, and a version one that was published": (
        "no 'next' of a page",
        "no 'cursor' of a feed",
        "no 'cursor' of a channel's feed",
        "no id of an event",
        "write a policy version",
        "must be numbers of entries",
    ),
    "a form has no names of files in its schema": ("the file ", "no policy file", "the workbook "),
    "JSON Schema takes 2.0 for an integer; here it is a decimal": ("this is a whole number from",),
    "names that callers choose for fields have no pattern": (
        "the text is blank",
        "something in it that is no character",
        "Length must be between 1 and 200",
    ),
    "where events may be sent, settings say": ("this is no URL", "this is no address"),
    "which keys and operations are new, only the ledger knows": ("was used before", "has ended; create a new one"),
}
"""Why a request that fits its schema is refused all the same, with how the refusals read."""
_RULES = re.compile("|".join(text for texts in RULES.values() for text in texts))
_TYPES = {"policy-invalid", "tests-failed"}
"""Of problems of policy files, whose language has a checker and tests of its own."""


@schemathesis.serializer(NDJSON)
def lines_of(_: Any, value: Any) -> bytes:
    """The description has the schema of a line: a body of one such line."""
    return value if isinstance(value, bytes) else json.dumps(value).encode() + b"\n"


@schemathesis.hook
def before_load_schema(_: Any, page: dict[str, Any]) -> None:
    """Without the two headers that every operation takes, which would make up a third of the requests; tests/http has
    tests of them. And without the answer for whatever else there may be, so that every status must be described.
    """
    left_out = [{"$ref": f"#/components/parameters/{name}"} for name in ("RequestId", "Network")]
    for item in page["paths"].values():
        for operation in item.values():
            if "parameters" in operation:
                operation["parameters"] = [one for one in operation["parameters"] if one not in left_out]
                del operation["responses"]["default"]


@schemathesis.hook
def before_call(_: Any, case: Any, __: Any) -> None:
    """Each request is a new one, waits for no event, and has nothing sent to anybody."""
    headers, query = case.headers or {}, case.query or {}
    if 1 <= len(headers.get("Idempotency-Key", "")) <= MOST_LETTERS and not _lacks_a_header(case):
        headers["Idempotency-Key"] = f"{headers['Idempotency-Key'][:100]}-{next(_NUMBERS)}"
    if case.operation.label == "GET /v1/events" and str(query.get("wait")) in map(str, range(1, MOST_SECONDS + 1)):
        query["wait"] = 0
    if isinstance(case.body, dict) and str(case.body.get("url", "")).startswith("http"):
        case.body["url"] = NOWHERE


def _lacks_a_header(case: Any) -> bool:
    """Whether it is sent to see what becomes of it without a header; one that is changed counts as another."""
    return getattr(case.meta.phase.data, "parameter_location", None) == "header"


@schemathesis.hook
def filter_failure(_: Any, failure: Any, case: Any, response: Any) -> bool:
    """Whether it is one."""
    match type(failure).__name__:
        case "RejectedPositiveData":
            return not _is_refused_by_a_rule(response)
        case "AcceptedNegativeData":
            word = LINE_BY_LINE.get(case.operation.label)
            return word is None or f'"{word}"' not in response.text
    return True


def _is_refused_by_a_rule(response: Any) -> bool:
    if response.status_code in (410, 412):
        return True  # what the log of events reaches back to, and how a draft stands, only the store knows
    if response.status_code != 422:
        return False
    problem = response.json()
    if problem["type"].rpartition(":")[2] in _TYPES:
        return True
    messages = [mistake["message"] for mistake in problem.get("errors", ())] or [problem["detail"]]
    return all(map(_RULES.search, messages))


@schemathesis.check
def each_line_is_as_described(_: Any, response: Any, case: Any) -> None:
    """Every line of an answer in NDJSON has the schema that the description has for it."""
    if response.status_code == 200 and response.headers.get("content-type", [""])[0] == NDJSON:
        page = case.operation.schema.raw_schema
        described = page["paths"][case.operation.path][case.method.lower()]["responses"]["200"]["content"]
        validator = jsonschema.Draft202012Validator({**described[NDJSON]["schema"], "components": page["components"]})
        for line in response.content.splitlines():
            validator.validate(json.loads(line))
