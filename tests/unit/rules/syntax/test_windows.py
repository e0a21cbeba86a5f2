"""Windows: when a rule applies by from, until, weekdays and hours."""

import pytest

from rules.conditions import holds
from rules.loader import load_policies
from rules.syntax import literals
from rules.vocabulary import Facts
from rules.windows import ClockReading

CASES = {
    "from: 2026-11-20": {"2026-11-19 23:59": False, "2026-11-20 00:00": True, "2027-01-01 00:00": True},
    "from: 2026-11-20 08:30": {
        "2026-11-20 08:29": False,
        "2026-11-20 08:30": True,
        "2026-11-21 00:00": True,
        "2026-11-19 23:59": False,
    },
    "until: 2026-12-24": {"2026-12-24 00:00": True, "2026-12-24 23:59": True, "2026-12-25 00:00": False},
    "until: 2026-12-24 18:00": {
        "2026-12-23 23:59": True,
        "2026-12-24 17:59": True,
        "2026-12-24 18:00": False,
        "2026-12-25 08:00": False,
    },
    "until: 2026-12-24 00:00": {"2026-12-23 23:59": True, "2026-12-24 00:00": False},
    "until: 2026-12-24 24:00": {"2026-12-24 23:59": True, "2026-12-25 00:00": False},
    "from: 2026-11-20\n    until: 2026-11-20": {
        "2026-11-19 23:59": False,
        "2026-11-20 12:00": True,
        "2026-11-21 00:00": False,
    },
    "weekdays: [saturday, sunday]": {"2026-11-27 12:00": False, "2026-11-28 12:00": True, "2026-11-29 12:00": True},
    'hours: ["08:00", "18:00"]': {
        "2026-11-27 07:59": False,
        "2026-11-27 08:00": True,
        "2026-11-27 17:59": True,
        "2026-11-27 18:00": False,
    },
    'hours: ["22:00", "06:00"]': {
        "2026-11-27 21:59": False,
        "2026-11-27 22:00": True,
        "2026-11-28 05:59": True,
        "2026-11-28 06:00": False,
    },
    'hours: ["18:00", "24:00"]': {"2026-11-27 17:59": False, "2026-11-27 23:59": True, "2026-11-28 00:00": False},
    'weekdays: [friday]\n    hours: ["22:00", "06:00"]': {
        "2026-11-27 05:59": False,
        "2026-11-27 21:59": False,
        "2026-11-27 22:00": True,
        "2026-11-28 05:59": True,
        "2026-11-28 06:00": False,
        "2026-11-28 22:00": False,
    },
    'weekdays: [sunday]\n    hours: ["22:00", "06:00"]\n    until: 2026-11-29': {
        "2026-11-29 23:59": True,
        "2026-11-30 00:00": False,
        "2026-11-23 05:59": True,
        "2026-11-22 05:59": False,
    },
    'weekdays: [friday]\n    hours: ["08:00", "18:00"]': {"2026-11-27 12:00": True, "2026-11-26 12:00": False},
}


def now_facts(text: str) -> Facts:
    minute = literals.instant(text) // 60
    return {"now.clock": ClockReading(minute, minute), "node.clock": ClockReading(minute, minute)}


@pytest.mark.parametrize(
    ("window", "at", "applies"), [(w, at, c) for w, cases in CASES.items() for at, c in cases.items()]
)
def test_a_rule_applies_inside_its_window(window, at, applies):
    text = f"policy: p\nrules:\n  - id: r\n    because: why\n    then: {{prefer: 1}}\n    {window}\n"
    condition = load_policies({"p.yaml": text.encode()}).rules["p/r"].condition
    assert holds(condition, now_facts(at)) is applies


def test_a_window_and_the_conditions_must_both_hold():
    rule = "  - id: r\n    because: why\n    when: {order.channel: web}\n    then: {hold: 1 h}\n    from: 2026-11-20\n"
    text = f"policy: p\nrules:\n{rule}"
    condition = load_policies({"p.yaml": text.encode()}).rules["p/r"].condition
    assert holds(condition, {"order.channel": "web", **now_facts("2026-11-20")})
    assert not holds(condition, {"order.channel": "app", **now_facts("2026-11-20")})
    assert not holds(condition, {"order.channel": "web", **now_facts("2026-11-19")})


def test_a_window_never_holds_while_the_time_is_unknown():
    text = "policy: p\nrules:\n  - id: r\n    because: why\n    then: {prefer: 1}\n    from: 2026-11-20\n"
    assert not holds(load_policies({"p.yaml": text.encode()}).rules["p/r"].condition, {})
