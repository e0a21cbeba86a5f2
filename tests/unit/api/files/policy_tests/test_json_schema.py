"""The JSON Schema of test files accepts what is read, and underlines unknown keys and words."""

import copy
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from api.files.policy_tests.json_schema import policy_test_schema
from rules.syntax.yaml_document import Plain, read

POLICIES = Path(__file__).parents[5] / "policies"
VALIDATOR = Draft7Validator(policy_test_schema())


def plain(node: Any) -> Any:
    """The document as an editor reads it, but for its numbers."""
    if isinstance(node, dict):
        return {key: plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [plain(item) for item in node]
    return str(node) if isinstance(node, Plain) else node


def document(name: str) -> Any:
    return plain(read(name, (POLICIES / name).read_bytes()).root)


@pytest.mark.parametrize("name", sorted(path.name for path in POLICIES.glob("*_test.yaml")))
def test_no_shipped_test_file_has_a_mistake(name):
    assert [error.message for error in VALIDATOR.iter_errors(document(name))] == []


CASE = {"test": "x", "order": {"like": "usual", "segment": "pro"}, "stock": {"A": {"near": {"on_hand": 3}}}}
FILE = {
    "nodes": {"near": {"type": "store", "away": "10 km", "rejected": {"reason": "damaged", "ago": "1 h"}}},
    "services": {"bike": {"mode": "bike", "carrier": "x"}},
    "stock": {"usual": {"A": {"near": "5"}, "like": "other"}},
    "orders": {"usual": {"lines": {"A": "1"}}},
    "tests": [
        {
            **CASE,
            "expect": {
                "status": "partial",
                "shipments": [{"node": "near", "units": {"at_most": "2"}}],
                "unfilled": {"A": {"units": "1", "reason": "no_stock"}, "B": "1", "C": {"at_least": "2"}},
                "totals": {"shipments": "1"},
                "kept": {"A": {"near": {"more_than": "2"}}},
                "levels": {"A": {"near": {"target": {"more_than": "2"}, "alert": "3"}}},
            },
        }
    ],
}


def test_what_may_be_written_is_no_mistake():
    assert [error.message for error in VALIDATOR.iter_errors(FILE)] == []


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        ((), "oders", {}),
        (("nodes", "near"), "typ", "store"),
        (("nodes", "near"), "type", "shop"),
        (("nodes", "near", "rejected"), "reason", "broken"),
        (("services", "bike"), "mode", "velo"),
        (("orders", "usual"), "chanel", "web"),
        (("stock", "usual", "A", "near"), None, {"onhand": "3"}),
        (("tests", 0), "expects", {}),
        (("tests", 0), "test", None),
        (("tests", 0, "order"), "tag", ["gift"]),
        (("tests", 0, "expect"), "shipment", []),
        (("tests", 0, "expect"), "status", "full"),
        (("tests", 0, "expect", "shipments", 0), "nodes", "near"),
        (("tests", 0, "expect", "totals"), "shipment", "1"),
        (("tests", 0, "expect", "unfilled", "A"), "reason", "nostock"),
        (("tests", 0, "expect", "unfilled", "A"), "reasons", "no_stock"),
    ],
)
def test_what_no_test_file_has_is_underlined(path, key, value):
    mistaken = copy.deepcopy(FILE)
    at: Any = mistaken
    for step in path if key else path[:-1]:
        at = at[step]
    if value is None:
        del at[key]
    else:
        at[key or path[-1]] = value
    assert list(VALIDATOR.iter_errors(mistaken))
