"""Tries drafts on the log of a shop."""

from api.records.whatif import WhatIfRecord
from api.shapes.quantities import encode
from engine.simulation.draft import Draft
from engine.simulation.whatif import WhatIfRequest, what_if
from rules.loader import load_policies
from tests.support.decisions_of_many_kinds import RULES
from tests.support.facts import policy_file


def draft(*rules, name="draft", **files):
    """A draft of these rules, as `policy_file` takes them."""
    return Draft.of(name, load_policies(policy_file(*rules) | {key: text.encode() for key, text in files.items()}))


def active(shop, name="active"):
    """The active policies themselves."""
    return Draft(name=name, texts=shop.versions.texts(shop.versions.find("active")))


def same_meaning(name="same"):
    """The rules of the shop in other words, so that they are of another version."""
    texts = {file: text + b"# the same\n" for file, text in policy_file(*RULES).items()}
    return Draft.of(name, load_policies(texts))


def tried(shop, *drafts, workers=1, against=None, since=None, until=None, shown=3, weighed=20, language="en"):
    request = WhatIfRequest(
        against=against or shop.versions.find("active"),
        drafts=drafts,
        since=since,
        until=until,
        shown=shown,
        weighed=weighed,
        language=language,
    )
    return what_if(shop, request, workers=workers)


def json_of_whatif(made):
    return encode(WhatIfRecord.of(made, {}))
