"""The OpenAPI page: names that clients are generated from, and shapes that are closed and complete."""

import re

import jsonschema
import msgspec
import orjson
import pytest

from engine.decide.record import DecisionRecord
from tests.support.openapi import schemas_in, served_page
from tests.support.order_json import order_json

REQUESTS = re.compile(r"\w+Request")


@pytest.fixture
def page(http):
    return served_page(http.application)


def test_every_component_that_is_referred_to_is_there(page):
    used = set(re.findall(rb'"\$ref":"#/components/schemas/(\w+)"', orjson.dumps(page)))
    assert {name.decode() for name in used} <= page["components"]["schemas"].keys()


def test_a_component_of_an_answer_is_named_after_what_it_is(page):
    names = page["components"]["schemas"].keys()
    assert {"Decision", "Order", "Shipment", "Hold", "HoldState", "SkuStock", "Chain", "Problem", "Version"} <= names
    assert [name for name in names if name.endswith(("Answer", "Record", "Schema")) or "." in name] == []


def test_a_decision_is_described_key_by_key(page):
    fields = msgspec.structs.fields(DecisionRecord)
    decision = page["components"]["schemas"]["Decision"]
    assert list(decision["properties"]) == [field.encode_name for field in fields]
    assert set(decision["required"]) == {field.encode_name for field in fields if field.required}
    assert decision["description"].startswith("A decision. Amounts are integers")


def test_answers_are_closed_so_that_no_key_goes_undescribed(page):
    answers = {
        name: schema
        for name, schema in page["components"]["schemas"].items()
        if "enum" not in schema and not REQUESTS.fullmatch(name)
    }
    assert [name for name, schema in answers.items() if schema["additionalProperties"] is not False] == []


def test_an_order_that_is_accepted_fits_its_schema_and_one_that_is_refused_does_not(page):
    validator = jsonschema.Draft202012Validator({"$ref": "#/components/schemas/OrderRequest", **page})
    line, priced = {"sku": "SHIRT", "quantity": 1}, {"sku": "LAMP", "quantity": 2, "unit_price": "19.90"}
    order = order_json()
    assert validator.is_valid(order | {"lines": [line, priced, line | {"unit_price": 19.9}]})
    for lines in ([line] * 501, [line | {"quantity": 0}], [line | {"quantity": 10**9}], [line | {"unit_price": -1}]):
        assert not validator.is_valid(order | {"lines": lines})


def test_every_field_of_a_request_has_a_type(page):
    requests = {name: schema for name, schema in page["components"]["schemas"].items() if REQUESTS.fullmatch(name)}
    untyped = [
        f"{name}.{key}"
        for name, schema in requests.items()
        for key, field in schema["properties"].items()
        if not field.keys() & {"type", "anyOf", "$ref"}
    ]
    assert untyped == []


def test_errors_are_problems_and_successes_are_not(page):
    errors = page["components"]["responses"].values()
    assert {kind for error in errors for kind in error["content"]} == {"application/problem+json"}
    kinds = {
        kind
        for operations in page["paths"].values()
        for verb, operation in operations.items()
        if verb != "parameters"
        for response in operation["responses"].values()
        for kind in response.get("content", ())
    }
    papers = {"application/pdf", "application/zpl", "image/png"}
    assert kinds == {"application/json", "application/x-ndjson", "application/problem+json", "text/html"} | papers
    pages = [path for path, item in page["paths"].items() if "text/html" in str(item)]
    assert pages == ["/track/{number}"]


def test_a_batch_is_answered_as_one_document_or_in_lines(page):
    responses = page["paths"]["/v1/decisions/batch"]["post"]["responses"]
    assert set(responses["200"]["content"]) == {"application/json", "application/x-ndjson"}
    document = {"schema": {"$ref": "#/components/schemas/Batch"}}
    assert responses["200"]["content"]["application/json"] == document
    assert responses["201"]["content"]["application/json"] == document


def test_every_success_with_a_body_refers_to_a_component(page):
    successes = [
        (path, verb, status, content["schema"])
        for path, verbs in page["paths"].items()
        for verb, operation in verbs.items()
        if verb != "parameters"
        for status, response in operation["responses"].items()
        if status.startswith("2")
        for kind, content in response.get("content", {}).items()
        if "json" in kind
    ]
    assert len(successes) >= 24
    unnamed = [
        (item, schema)
        for item in successes
        for schema in item[3].get("anyOf", [item[3]])
        if not schema.get("$ref", "").startswith("#/components/schemas/")
    ]
    assert unnamed == []


def test_a_nullable_value_and_a_choice_of_words_have_their_types(page):
    schemas = page["components"]["schemas"]
    assert schemas["Shipment"]["properties"]["late"]["type"] == ["boolean", "null"]
    assert schemas["Decision"]["properties"]["status"]["type"] == "string"
    assert schemas["Decision"]["properties"]["hold"]["anyOf"][0] == {"$ref": "#/components/schemas/Hold"}


def test_no_shape_has_the_name_of_a_part_of_it(page):
    """The code that openapi-python-client makes of such a one does not pass mypy."""
    named = {
        name: schema["properties"][field]
        for name, schema in page["components"]["schemas"].items()
        if (field := re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()) in schema.get("properties", ())
    }
    plain = ("string", "integer", "number", "boolean")
    assert [name for name, part in named.items() if part.get("type") not in plain or "enum" in part] == []


def parameters_of(page):
    """By operation, its parameters with those of its address, each in full."""
    components = page["components"]["parameters"]
    for path, item in page["paths"].items():
        for verb, operation in item.items():
            if verb != "parameters":
                listed = [*item.get("parameters", ()), *operation["parameters"]]
                yield (
                    (verb, path, operation),
                    [components[one["$ref"].rpartition("/")[2]] if "$ref" in one else one for one in listed],
                )


def test_every_parameter_is_described_and_none_can_be_null(page):
    for (verb, path, _), parameters in parameters_of(page):
        for parameter in parameters:
            named, schema = (verb, path, parameter["name"]), parameter["schema"]
            assert parameter["description"], named
            assert "null" not in schema.get("type", ()), named
            assert None not in schema.get("enum", ()), named


def test_the_headers_of_requests_are_described_where_they_are_read(page):
    for (verb, path, operation), parameters in parameters_of(page):
        headers = {parameter["name"] for parameter in parameters if parameter["in"] == "header"}
        assert "X-Request-Id" in headers, (verb, path)
        assert ("X-Pointsman-Network" in headers) == bool(operation["security"]), (verb, path)
        assert ("If-None-Match" in headers) == ("304" in operation["responses"]), (verb, path)


def test_words_of_which_one_is_sent_have_a_name_where_they_are_in_several_places(page):
    schemas = page["components"]["schemas"]
    assert schemas["Delivery"] == {"type": "string", "enum": ["standard", "express", "click_and_collect"]}
    elsewhere = [one for one in schemas_in(page) if "express" in one.get("enum", ()) and one is not schemas["Delivery"]]
    assert elsewhere == []
    delivery = schemas["LineRequest"]["properties"]["delivery"]
    assert delivery["anyOf"] == [{"$ref": "#/components/schemas/Delivery"}, {"type": "null"}]
    assert schemas["OrderRequest"]["properties"]["delivery"]["default"] == "standard"


def test_no_default_says_nothing_and_no_bound_is_of_another_type(page):
    """A default of null has openapi-typescript take the field for one that must be sent."""
    typed = [one for one in schemas_in(page) if "type" in one or "anyOf" in one]
    assert [one for one in typed if "default" in one and one["default"] is None] == []
    assert [one for one in typed if one.get("type") == "object" and "minLength" in one] == []
    assert page["components"]["schemas"]["EndRequest"]["properties"]["lines"]["minProperties"] == 1
