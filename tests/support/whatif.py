"""Tries drafts on the log of a shop."""

from api.records.whatif import WhatIfRecord
from api.shapes.quantities import encode
from engine.decide.record_parts import PlacedLineRecord, ShipmentRecord
from engine.parallel.work import Spread
from engine.simulation.draft import Draft
from engine.simulation.whatif import WhatIfRequest, what_if
from rules.loader import load_policies
from tests.support.decisions_of_many_kinds import RULES
from tests.support.facts import policy_file

ALONE = Spread()


def draft(*rules, name="draft", **files):
    """A draft of these rules, as `policy_file` takes them."""
    return Draft.of(name, load_policies(policy_file(*rules) | {key: text.encode() for key, text in files.items()}))


def shipment(
    node, service, units, *, cost=5, ships_at="2026-11-27T15:00:00Z", arrives_by="2026-11-29T18:00:00Z", late=None
):
    """A shipment of units by line, as a decision that was tried has it."""
    return ShipmentRecord(
        node=node,
        service=service,
        lines=[PlacedLineRecord(line=line, sku="A", quantity=quantity) for line, quantity in units.items()],
        distance_m=1_000,
        ships_at=ships_at,
        arrives_by=arrives_by,
        late=late,
        cost_micros=cost,
        co2_mg=1,
        rules=[],
    )


def active(shop, name="active"):
    """The active policies themselves."""
    return Draft(name=name, texts=shop.versions.texts(shop.versions.find("active")))


def same_meaning(name="same"):
    """The rules of the shop in other words, so that they are of another version."""
    texts = {file: text + b"# the same\n" for file, text in policy_file(*RULES).items()}
    return Draft.of(name, load_policies(texts))


def request_of(
    shop,
    *drafts,
    against=None,
    since=None,
    until=None,
    shown=3,
    weighed=20,
    language="en",
    way="one_step",
    begins_again=None,
):
    return WhatIfRequest(
        against=against or shop.versions.find("active"),
        drafts=drafts,
        since=since,
        until=until,
        shown=shown,
        weighed=weighed,
        language=language,
        way=way,
        begins_again=begins_again,
    )


def tried(shop, *drafts, spread=ALONE, **options):
    """What came of drafts, with the options of `request_of`."""
    return what_if(shop, request_of(shop, *drafts, **options), spread=spread)


def json_of_whatif(made):
    return encode(WhatIfRecord.of(made, {}))
