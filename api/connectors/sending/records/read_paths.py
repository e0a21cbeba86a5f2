"""Which paths of our records a connector that sends reads."""

from collections.abc import Iterable, Iterator

from api.connectors.language.connector import Connector, FieldMapping


def paths_of(connector: Connector) -> Iterator[str]:
    """Those of its fields, of what it asks beforehand, and of `when`."""
    asked = connector.sends.ask if connector.sends else None
    for mapping in every_mapping((*connector.fields.values(), *(asked.fields.values() if asked else ()))):
        yield from mapping.paths
        yield mapping.each
    yield from (test.path for test in connector.when)


def every_mapping(mappings: Iterable[FieldMapping]) -> Iterator[FieldMapping]:
    """The mappings, and those inside them."""
    for mapping in mappings:
        yield mapping
        yield from every_mapping((*mapping.join, *mapping.fields.values()))
