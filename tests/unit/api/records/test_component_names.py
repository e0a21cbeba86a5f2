"""Each record is a component of its own name, wherever it is defined."""

import importlib
import pkgutil

import msgspec

import api.records
from api.http.blueprint import component_name, components
from engine.audit.explanation import record as explanation_record
from engine.decide import facts_record, kept_facts, order_record, record, record_parts
from engine.decide.order_record import Record
from engine.decide.promises import quote_record, taken_quote_record
from engine.policies import gate_result


def records() -> set[type[Record]]:
    modules = [
        importlib.import_module(item.name)
        for package in (api.records, kept_facts)
        for item in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    ]
    return {
        item
        for module in [
            *modules,
            explanation_record,
            facts_record,
            gate_result,
            order_record,
            quote_record,
            record,
            record_parts,
            taken_quote_record,
        ]
        for item in vars(module).values()
        if isinstance(item, type) and issubclass(item, Record) and item is not Record
    }


def test_every_record_is_called_so_and_never_changes():
    assert [item.__name__ for item in records() if not item.__name__.endswith("Record")] == []
    assert [item.__name__ for item in records() if not item.__struct_config__.frozen] == []


def test_no_two_records_are_the_same_component():
    schemas = components(records())
    assert schemas.keys() == {component_name(item) for item in records()}
    assert len(schemas) == len(records())


def test_a_record_can_be_decoded_from_json():
    for item in records():
        msgspec.json.Decoder(item)
