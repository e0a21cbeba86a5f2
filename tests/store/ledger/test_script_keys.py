"""The names of a script's keys: what Python gives for a name is what the script has under it."""

import pytest

from engine.store.keys import Keys
from engine.store.script_keys import LAYOUTS
from tests.support.lua_scripts import script_names

ITEMS = 2
"""Of each group."""


def test_every_script_has_a_layout_and_every_layout_a_script():
    assert set(LAYOUTS) == script_names()


@pytest.mark.parametrize("script", LAYOUTS)
def test_a_script_has_under_each_name_the_key_that_was_given_for_it(redis_client, network, script):
    layout = LAYOUTS[script]
    own = {name: f"{{{network}}}:{name}" for name in layout.names}
    groups = [
        [tuple(f"{{{network}}}:{name}:{number}" for name in group) for number in range(1, ITEMS + 1)]
        for group in layout.groups
    ]
    given = layout.keys(Keys(network), *groups, **own)
    inside = [f"key.{name}" for name in layout.names]
    inside += [f"key.{name}({number})" for group in layout.groups for number in range(1, ITEMS + 1) for name in group]
    counts = [ITEMS] * (len(groups) - 1)
    answer = redis_client.eval(f"{layout.lua()}return {{{', '.join(inside)}}}", len(given), *given, *counts)
    assert [key.decode() for key in answer] == given
    assert len(set(given)) == len(given)


def test_a_name_that_no_key_is_given_for_is_that_of_the_network(network):
    keys = Keys(network)
    names = [keys.policies, keys.policy_tests, keys.policy_history, keys.policy_operations, keys.log]
    assert LAYOUTS["publish_policy"].keys(keys) == names
