"""What tests of `ledger check` and its repair share."""

import pytest

from tests.support.decision_json import json_of
from tests.support.facts import order


@pytest.fixture
def held(pointsman):
    """Two decisions that hold units: three RARE in Lyon, and five SHIRT."""
    return [json_of(pointsman.decide(order(*lines))) for lines in ([("RARE", 3)], [("SHIRT", 5)])]
