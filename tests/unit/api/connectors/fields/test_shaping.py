"""Texts that count as not there, what stands between two signs, types of what is sent, and elements that become one."""

from decimal import Decimal

import pytest

from api.connectors.fields.mapper import Mapper
from api.connectors.formats.format import FormatOptions, Row
from api.connectors.language.connector import FieldMapping

JSON = FormatOptions(format="json")


def mapped(mapping, values, *, outbound=False, tables=None):
    row = Row(number=1, place="row 1", values=values)
    return Mapper({"f": mapping}, JSON, tables or {}, outbound=outbound).map(row, {})


def field(*paths, **options):
    return FieldMapping(at=(), paths=paths, **options)


@pytest.mark.parametrize(
    ("mapping", "value", "result"),
    [
        (field("x", unless=("N/A", "*[!0-9+ ]*"), optional=True), "N/A", {}),
        (field("x", unless=("N/A", "*[!0-9+ ]*"), optional=True), "555-SHIP", {}),
        (field("x", unless=("*[!0-9+ ]*",), optional=True), " +33 1 ", {"f": "+33 1"}),
        (field("x", unless=("0",), default="none"), 0, {"f": "none"}),
        (field("x", between=("[", "]")), "[FURN_0096] Desk [oak]", {"f": "FURN_0096"}),
        (field("x", between=("[", "]"), optional=True), "Desk", {}),
        (field("x", between=("[", "]"), optional=True), "[Desk", {}),
    ],
)
def test_what_counts_as_not_there_and_what_is_cut_out(mapping, value, result):
    assert mapped(mapping, {"x": value}) == result


def test_what_must_be_there_and_counts_as_not_there_is_a_mistake():
    (bad,) = mapped(field("x", unless=("false",)), {"x": False})
    assert bad.message == "nothing is there (field 'f')"


@pytest.mark.parametrize(
    ("mapping", "value", "result"),
    [
        (field("x", type="number"), "12", 12),
        (field("x", type="number"), "1.50", Decimal("1.5")),
        (field("x", type="number", lookup="t"), "a", 7),
        (field("x", type="flag"), "1", True),
        (field("x", type="flag"), False, False),
        (field("x", type="any", lookup="t"), "b", 0),
        (FieldMapping(at=(), value="true", type="flag"), None, True),
    ],
)
def test_what_is_sent_has_the_type_that_is_said(mapping, value, result):
    made = mapped(mapping, {"x": value}, outbound=True, tables={"t": {"a": "7", "b": 0}})
    assert (made, type(made["f"])) == ({"f": result}, type(result))


def test_elements_that_agree_become_one_at_the_place_of_the_first():
    inner = {"id": field("id"), "units": FieldMapping(at=(), each="[@]", fields={"n": field("n")})}
    mapping = FieldMapping(at=(), each="rows", together="id", fields=inner)
    rows = [{"id": "b", "n": 1}, {"id": "a", "n": 2}, {"id": "b", "n": 3}]
    assert mapped(mapping, {"rows": rows}, outbound=True) == {
        "f": [{"id": "b", "units": [{"n": 1}, {"n": 3}]}, {"id": "a", "units": [{"n": 2}]}]
    }
