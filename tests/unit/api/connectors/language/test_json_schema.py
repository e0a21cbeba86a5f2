"""The JSON Schemas of connectors accept what is read, and underline unknown keys, fields and words."""

import copy
from pathlib import Path
from typing import Any

import orjson
import pytest
from jsonschema import Draft7Validator

from api.connectors.language.json_schema import connector_schema, connector_test_schema
from rules.syntax.yaml_document import Plain, read

SHIPPED = Path(__file__).parents[5] / "connectors"
FILES, TESTS = Draft7Validator(connector_schema()), Draft7Validator(connector_test_schema())


def plain(node: Any) -> Any:
    """The document as an editor reads it, but for its numbers."""
    if isinstance(node, dict):
        return {key: plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [plain(item) for item in node]
    return str(node) if isinstance(node, Plain) else node


@pytest.mark.parametrize("name", sorted(path.name for path in SHIPPED.glob("*.yaml")))
def test_no_shipped_file_has_a_mistake(name):
    document = plain(read(name, (SHIPPED / name).read_bytes()).root)
    validator = TESTS if name.endswith("_test.yaml") else FILES
    assert [error.message for error in validator.iter_errors(document)] == []


@pytest.mark.parametrize(
    ("name", "schema"),
    [("connector.schema.json", connector_schema()), ("connector_test.schema.json", connector_test_schema())],
)
def test_the_shipped_schemas_are_up_to_date(name, schema):
    """If not: pointsman connector schema --output connectors/connector.schema.json, and the same with --tests."""
    assert orjson.loads((SHIPPED / name).read_bytes()) == schema


GOOD = {
    "connector": "x",
    "owner": "me",
    "because": {"en": "why"},
    "kind": "counts",
    "reads": {"folder": "in", "files": ["*.csv"]},
    "format": {"csv": {"delimiter": "tab"}},
    "fields": {"node": {"value": "lyon"}, "sku": ["a", "b"], "on_hand": {"from": "c", "times": "-1"}, "at": "d"},
}


def changed(*path, to):
    document = copy.deepcopy(GOOD)
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = to
    return document


def test_what_may_be_written_is_no_mistake():
    assert [error.message for error in FILES.iter_errors(GOOD)] == []
    kafka = {
        "kafka": "sales",
        "servers": {"secret": "SERVERS"},
        "group": "g",
        "sasl": "plain",
        "password": {"secret": "W"},
    }
    assert [error.message for error in FILES.iter_errors(changed("reads", to=kafka))] == []
    sends = {key: value for key, value in GOOD.items() if key != "reads"}
    sends |= {"kind": "stock_feed", "sends": {"folder": "out", "file": "x.csv"}, "fields": {"Anything": "sku"}}
    assert [error.message for error in FILES.iter_errors(sends)] == []


@pytest.mark.parametrize(
    "document",
    [
        changed("onwer", to="me"),
        changed("kind", to="count"),
        changed("reads", to={"folder": "in", "fils": "*"}),
        changed("format", to={"csv": {"delimitr": ";"}}),
        changed("format", to="cvs"),
        changed("fields", "unts", to="c"),
        changed("fields", "on_hand", to={"from": "c", "unti": "kg"}),
        changed("fields", to={"node": "a", "sku": "b"}),
        changed("quarantine", to="rows"),
        changed("reads", to={"kafka": "sales", "servers": ["k:9092"]}),
        changed(
            "reads", to={"kafka": "s", "servers": "k", "group": "g", "sasl": "plain", "user": "u", "password": "x"}
        ),
    ],
)
def test_mistakes_are_underlined(document):
    assert list(FILES.iter_errors(document))
