"""Alternatives of a schema as branches on the type: what an editor then reports, and that nothing else changes."""

import pytest
from jsonschema import Draft7Validator

from rules.editor.schema_branches import branch_by_type

NUMBER = {"type": "number", "minimum": 0}
STRING = {"type": "string", "pattern": "^[0-9]+ kg$"}
LIST = {"type": "array", "items": NUMBER}
MAPPING = {"type": "object", "properties": {"at_least": NUMBER}, "additionalProperties": False}
VALUES = [5, -1, "5 kg", "5", [5], ["a"], {"at_least": 5}, {"at_leats": 5}, None, True]


def branched(*alternatives: dict) -> dict:
    schema = branch_by_type({"definitions": {"mapping": MAPPING}, "anyOf": list(alternatives)})
    Draft7Validator.check_schema(schema)
    return schema


def messages(schema: dict, value: object) -> list[str]:
    return [error.message for error in Draft7Validator(schema).iter_errors(value)]


@pytest.mark.parametrize(
    "alternatives",
    [
        [NUMBER, STRING],
        [NUMBER, MAPPING],
        [NUMBER, STRING, LIST, MAPPING],
        [NUMBER, LIST, {"$ref": "#/definitions/mapping"}],
        [{"enum": [True]}, STRING],
        [{"anyOf": [NUMBER, STRING]}, LIST],
    ],
)
def test_the_same_values_are_accepted(alternatives):
    schema = {"definitions": {"mapping": MAPPING}, "anyOf": alternatives}
    for value in VALUES:
        assert bool(messages(branched(*alternatives), value)) is bool(messages(schema, value))


def test_a_mistake_in_a_mapping_is_reported_as_one_of_the_mapping():
    (message,) = messages(branched(NUMBER, STRING, LIST, MAPPING), {"at_leats": 5})
    assert "at_leats" in message


def test_the_last_branch_keeps_the_mapping_for_completion_but_never_alone():
    assert branched(NUMBER, LIST, MAPPING)["else"]["else"] == {"anyOf": [NUMBER, MAPPING]}
    assert branched(LIST, MAPPING)["else"]["else"] == {"anyOf": [LIST, MAPPING]}


def test_a_single_alternative_stands_by_itself():
    assert branched({"anyOf": [NUMBER]}) == {"definitions": {"mapping": MAPPING}, **NUMBER}


def test_an_alternative_without_a_type_is_refused():
    with pytest.raises(ValueError, match="needs a type, an enum or a not"):
        branched({"minimum": 1}, MAPPING)
