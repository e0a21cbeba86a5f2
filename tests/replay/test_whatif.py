"""On orders of the example, the policies that decided them change nothing, byte for byte."""

import pytest

from api.files.policies import policy_files
from engine.parallel.work import Spread
from engine.service import Pointsman
from engine.settings import Settings
from engine.simulation.draft import Draft
from engine.simulation.whatif import WhatIfRequest, what_if
from rules.loader import load_policies
from tests.replay.__main__ import ROOT, decide

pytestmark = pytest.mark.slow


def test_the_policies_that_decided_orders_of_the_example_change_none_to_the_byte(tmp_path):
    """Another network and other policies were loaded since."""
    decisions = decide(ROOT / "examples" / "hexagone", ROOT / "policies", tmp_path, 100)
    policies = load_policies(policy_files(ROOT / "policies"))
    commented = {name: f"{text}\n# as before\n" for name, text in policies.texts.items() if name.endswith(".yaml")}
    drafts = Draft.of("same", policies), Draft(name="commented", texts={**policies.texts, **commented})
    with Pointsman(Settings(data=tmp_path)) as service:
        request = WhatIfRequest(
            against=policies.version, drafts=drafts, since=None, until=None, shown=1, weighed=0, language="en"
        )
        made = what_if(service, request, spread=Spread(workers=2))
    same, others = (result.comparison for result in made.drafts)
    assert (made.decisions, made.made_again, made.untried.counts) == (decisions, 0, {})
    assert (same.changed, same.same_bytes) == (0, decisions)
    assert (others.changed, others.same_bytes) == (0, 0)
    assert others.sides.baseline == others.sides.draft
    assert {name: use.draft for name, use in others.rules.items()} == {
        name: use.baseline for name, use in others.rules.items()
    }


def test_rolled_forward_the_policies_that_decided_make_the_very_decisions_of_the_log(tmp_path):
    decisions = decide(ROOT / "examples" / "hexagone", ROOT / "policies", tmp_path, 60)
    policies = load_policies(policy_files(ROOT / "policies"))
    with Pointsman(Settings(data=tmp_path)) as service:
        request = WhatIfRequest(
            against=policies.version,
            drafts=(Draft.of("same", policies),),
            since=None,
            until=None,
            shown=1,
            weighed=0,
            language="en",
            way="rolled_forward",
        )
        made = what_if(service, request, spread=Spread(workers=2))
    (result,) = made.drafts
    assert (made.decisions, made.made_again, made.untried.counts) == (decisions, 0, {})
    assert (result.rolled.as_logged, result.comparison.changed) == (decisions, 0)
    assert result.comparison.sides.baseline == result.comparison.sides.draft
    assert result.rolled.baseline == result.rolled.draft
