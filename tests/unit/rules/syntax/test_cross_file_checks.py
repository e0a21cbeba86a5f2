"""Mistakes between files: policy ids used twice, and overrides that can't work."""

import pytest

from tests.support import invalid_policies
from tests.support.invalid_policies import findings

OVERRIDDEN = "policy: q\nrules:\n  - id: s\n    because: why\n    then: {max_shipments: 1}\n"
BETWEEN_FILES = {
    "a policy in two files": (
        {"a": "policy: p\nrules: []\n", "b": "policy: p\nrules: []\n"},
        ["b.yaml:1:1  duplicate-policy  policy 'p' stands here a second time; the first is in a.yaml, line 1"],
    ),
    "a rule that isn't there": (
        {"p": invalid_policies.then("max_shipments: 2") + "    overrides: [q/z]\n", "q": OVERRIDDEN},
        ["p.yaml:6:17  unknown-rule  unknown rule 'q/z' (did you mean 'q/s'?)"],
    ),
    "rules that override each other": (
        {
            "p": invalid_policies.then("max_shipments: 2") + "    overrides: [q/s]\n",
            "q": OVERRIDDEN + "    overrides:\n      - p/r\n",
        },
        [
            "p.yaml:6:17  cyclic-override  'p/r' and 'q/s' override each other",
            "q.yaml:7:9  cyclic-override  'q/s' and 'p/r' override each other",
        ],
    ),
    "a rule that overrides itself": (
        {"p": invalid_policies.then("max_shipments: 2") + "    overrides: [p/r]\n"},
        ["p.yaml:6:17  cyclic-override  'p/r' and 'p/r' override each other"],
    ),
    "an override of a rule of an earlier stage": (
        {"p": invalid_policies.when("node.type: store") + "    overrides: [q/s]\n", "q": OVERRIDDEN},
        ["p.yaml:7:17  later-stage  'q/s's max_shipments' acts on the order, where node.type is not known yet"],
    ),
    "an override of an override of a rule of an earlier stage": (
        {
            "p": invalid_policies.when("node.type: store") + "    overrides: [m/r]\n",
            "m": invalid_policies.then("prefer: 1").replace("policy: p", "policy: m") + "    overrides: [q/s]\n",
            "q": OVERRIDDEN,
        },
        ["p.yaml:7:17  later-stage  'q/s's max_shipments' acts on the order, where node.type is not known yet"],
    ),
}


@pytest.mark.parametrize("name", BETWEEN_FILES)
def test_a_mistake_between_files_is_reported(name):
    files, expected = BETWEEN_FILES[name]
    assert findings(**files) == expected
