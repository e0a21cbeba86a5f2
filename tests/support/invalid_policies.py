"""Policy files with one mistake each, and the whole finding expected for it."""

import pytest

from rules.errors import PolicyInvalid
from rules.loader import load_policies
from rules.policy import Rule

HOLD = "write until_shipped, until_shipped + 4 h, or a duration such as 48 h"
HEAD = "policy: p\nrules:\n  - id: r\n    because: why\n"  # four lines


def when(condition: str) -> str:
    """A policy with `condition` on its fifth line, from column 12."""
    return f"{HEAD}    when: {{{condition}}}\n    then: {{prefer: 4.00}}\n"


def then(effect: str) -> str:
    """A policy with `effect` on its fifth line, from column 12."""
    return f"{HEAD}    then: {{{effect}}}\n"


def window(line: str) -> str:
    """A policy with a window on its fifth line, from column 5."""
    return f"{HEAD}    {line}\n    then: {{prefer: 4.00}}\n"


def findings(**files: str) -> list[str]:
    """The findings for files by name (without .yaml), one line each."""
    with pytest.raises(PolicyInvalid) as caught:
        load_policies({f"{name}.yaml": text.encode() for name, text in files.items()})
    return [str(finding) for finding in caught.value.findings]


def rule(text: str) -> Rule:
    """The rule p/r of a valid file."""
    return load_policies({"p.yaml": text.encode()}).rules["p/r"]


def terms(text: str, used: str) -> str:
    """A policy with terms from its third line, and a rule that uses one."""
    lines = f"  - id: r\n    because: why\n    when: {{is: {used}}}\n    then: {{keep: 1}}\n"
    return f"policy: p\nterms:\n{text}rules:\n{lines}"


SHAPE = {
    "the whole": ("- a\n", "p.yaml:1:1  wrong-type  a policy file is a mapping that starts with 'policy: its-id'"),
    "nothing at all": ("", "p.yaml:1:1  wrong-type  a policy file is a mapping that starts with 'policy: its-id'"),
    "a key": (
        "policy: p\nowners: me\nrules: []\n",
        "p.yaml:2:1  unknown-key  unknown key 'owners' (did you mean 'owner'?)",
    ),
    "a key of a rule": (
        HEAD + "    whem: {}\n    then: {prefer: 1}\n",
        "p.yaml:5:5  unknown-key  unknown key 'whem' (did you mean 'when'?)",
    ),
    "a key missing": ("rules: []\n", "p.yaml:1:1  missing-key  'policy' is missing"),
    "a key of a rule missing": (
        "policy: p\nrules:\n  - id: r\n    then: {prefer: 1}\n",
        "p.yaml:3:5  missing-key  'because' is missing",
    ),
    "an id": (
        "policy: P\nrules: []\n",
        "p.yaml:1:1  bad-id  policy: an id is small letters, digits, - and _, at most 64",
    ),
    "a rule that is a word": (
        "policy: p\nrules: [r]\n",
        "p.yaml:2:9  wrong-type  a rule is a mapping that starts with 'id: its-id'",
    ),
    "rules that are no list": (
        "policy: p\nrules: r\n",
        "p.yaml:2:1  wrong-type  rules: a list is expected here, as [a, b] or a line '- a' for each",
    ),
    "a reason": (
        "policy: p\nrules:\n  - id: r\n    because: [why]\n    then: {prefer: 1}\n",
        "p.yaml:4:5  wrong-type  write because: a text, or because: {en: ..., fr: ...}",
    ),
    "a reason that says nothing": (
        'policy: p\nrules:\n  - id: r\n    because: {en: ""}\n    then: {prefer: 1}\n',
        "p.yaml:4:5  wrong-type  write because: a text, or because: {en: ..., fr: ...}",
    ),
    "a rule twice": (
        HEAD + "    then: {prefer: 1}\n  - id: r\n    because: why\n    then: {prefer: 2}\n",
        "p.yaml:6:5  duplicate-rule  rule 'r' stands here a second time; the first is on line 3",
    ),
    "a condition that is nothing": (
        HEAD + "    when:\n    then: {prefer: 1}\n",
        "p.yaml:5:5  wrong-type  a condition is a mapping, as 'order.channel: web'",
    ),
    "effects that are nothing": (
        HEAD + "    then:\n",
        "p.yaml:5:5  wrong-type  'then' is a mapping of effects, as 'prefer: 4.00'",
    ),
}
CONDITIONS = {
    "a fact": (
        when("order.valeu: 5"),
        "p.yaml:5:12  unknown-fact  unknown fact 'order.valeu' (did you mean 'order.value'?)",
    ),
    "an attribute without a name": (
        when("product.attributes: 5"),
        "p.yaml:5:12  unknown-fact  unknown fact 'product.attributes' (did you mean 'product.tags'?)",
    ),
    "an operator": (
        when("order.units: {at_leats: 5}"),
        "p.yaml:5:26  unknown-operator  unknown operator 'at_leats' (did you mean 'at_least'?)",
    ),
    "an operator for tags": (
        when("order.channel: {has: web}"),
        "p.yaml:5:28  wrong-operator  'has' does not fit order.channel (word)",
    ),
    "tags that equal": (
        when("order.tags: gift"),
        "p.yaml:5:12  wrong-operator  'equals' does not fit order.tags (tags); use has, has_any or has_all",
    ),
    "an order among words": (
        when("node.type: {at_least: store}"),
        "p.yaml:5:24  wrong-operator  'at_least' does not fit node.type (one of a list)",
    ),
    "two facts of different kinds": (
        when("order.country: {same_as: order.wieght}"),
        (
            "p.yaml:5:28  unknown-fact  unknown fact 'order.wieght'; 'same_as' takes another fact, as order.country "
            "(did you mean 'order.weight'?)"
        ),
    ),
    "a fact compared with no fact": (
        when("node.country: {same_as: order.currency}"),
        (
            "p.yaml:5:27  unknown-fact  unknown fact 'order.currency'; 'same_as' takes another fact, as order.country "
            "(did you mean 'order.country'?)"
        ),
    ),
    "a fact compared with one of another kind": (
        when("node.region: {not_same_as: order.lines}"),
        (
            "p.yaml:5:26  wrong-operator  node.region (word) can't be the same as order.lines (whole number): "
            "compare facts of one kind (did you mean 'order.id'?)"
        ),
    ),
    "a fact compared with itself": (
        when("node.region: {same_as: node.region}"),
        (
            "p.yaml:5:26  wrong-operator  node.region is always the same as itself; name another fact "
            "(did you mean 'order.region'?)"
        ),
    ),
    "two lists without a word in common": (
        when("node.type: {same_as: order.delivery}"),
        (
            "p.yaml:5:24  wrong-operator  node.type (one of a list) can't be the same as order.delivery "
            "(one of a list): no word is in both lists (did you mean 'order.id'?)"
        ),
    ),
    "an attribute compared with a weight": (
        when("node.attributes.limit: {same_as: product.weight}"),
        (
            "p.yaml:5:36  wrong-operator  no attribute is a weight, as product.weight is: "
            "each is one of flag, number, word, tags"
        ),
    ),
    "a fact compared with several": (
        when("node.region: {same_as: [order.region, order.country]}"),
        "p.yaml:5:26  wrong-type  'same_as' takes one other fact, as order.country",
    ),
    "a glob on a number": (
        when("order.units: {matches: '1*'}"),
        "p.yaml:5:26  wrong-operator  'matches' does not fit order.units (whole number)",
    ),
    "a word that is not in the list": (
        when("route.late: true, order.delivery: [standard, expres]"),
        (
            "p.yaml:5:57  unknown-word  'expres' is no value of order.delivery; "
            "use standard, express, click_and_collect (did you mean 'express'?)"
        ),
    ),
    "a value": (
        when("order.value: {at_least: 4 EURO}"),
        "p.yaml:5:26  wrong-unit  order.value: '4 EURO': 'EURO' is no currency code; write for example 4.00 EUR",
    ),
    "a number with a leading zero": (
        when("order.units: 012"),
        "p.yaml:5:12  bad-value  order.units: '012' starts with a zero; write for example 12",
    ),
    "a YAML 1.1 truth": (when("route.late: yes"), "p.yaml:5:12  bad-value  route.late: 'yes' is not true or false"),
    "an amount below zero": (
        when("stock.on_hand: {less_than: -1}"),
        "p.yaml:5:28  out-of-range  stock.on_hand is never below 0",
    ),
    "ends the wrong way round": (
        when("order.units: {between: [5, 2]}"),
        "p.yaml:5:26  out-of-range  the first end of 'between' is above the second",
    ),
    "a span over midnight": (
        when('now.time: {between: ["22:00", "06:00"]}'),
        (
            "p.yaml:5:23  out-of-range  the first end of 'between' is above the second; a span over midnight is all but"
            ' the one between: write {not: {between: ["06:01", "21:59"]}}'
        ),
    ),
    "one end": (when("order.units: {between: 5}"), "p.yaml:5:26  wrong-type  'between' takes two values"),
    "two values where one goes": (
        when("order.units: {at_least: [5, 6]}"),
        "p.yaml:5:26  wrong-type  'at_least' takes one value",
    ),
    "no value": (when("order.channel: "), "p.yaml:5:12  wrong-type  a value is missing here"),
    "an empty list": (when("order.channel: []"), "p.yaml:5:12  wrong-type  an empty list"),
    "a list in a list": (when("order.channel: [[web]]"), "p.yaml:5:28  wrong-type  a single value is expected here"),
    "an empty comparison": (
        when("order.channel: {}"),
        "p.yaml:5:12  wrong-type  'order.channel' is compared with nothing",
    ),
    "a combinator without a list": (
        when("any: {order.channel: web}"),
        "p.yaml:5:12  wrong-type  'any' takes a list of conditions",
    ),
    "a word among conditions": (
        when("any: [order.channel]"),
        "p.yaml:5:18  wrong-type  a condition is a mapping, as 'order.channel: web'",
    ),
    "a number where an attribute has words": (
        when("node.attributes.size: [1, big]"),
        "p.yaml:5:38  bad-value  node.attributes.size: 'big' is no amount; write for example 12.5",
    ),
    "an attribute that is known and no number": (
        when("node.attributes.size: {known: true, at_least: big}"),
        "p.yaml:5:48  bad-value  node.attributes.size: 'big' is no amount; write for example 12.5",
    ),
    "too many comparisons": (
        when("any: [" + ", ".join(["order.units: 1"] * 251).replace("order.units: 1", "{order.units: 1}") + "]"),
        "p.yaml:5:5  too-large  the condition has more than 250 comparisons, its terms written out",
    ),
    "a term": (
        terms("  heavy: {order.units: 1}\n", "haevy"),
        "p.yaml:7:12  unknown-term  unknown term 'haevy' (did you mean 'heavy'?)",
    ),
    "a term of itself": (
        terms("  a: {is: b}\n  b: {is: a}\n", "a"),
        "p.yaml:4:7  cyclic-term  the term is defined by itself: a -> b -> a",
    ),
    "terms that grow": (
        terms(
            "".join(f"  t{n}: {{any: [{{is: t{n + 1}}}, {{is: t{n + 1}}}]}}\n" for n in range(8))
            + "  t8: {order.units: 1}\n",
            "t0",
        ),
        "p.yaml:3:3  too-large  the condition has more than 250 comparisons, its terms written out",
    ),
    "terms of terms of terms": (
        terms("".join(f"  t{n}: {{is: t{n + 1}}}\n" for n in range(30)) + "  t30: {order.units: 1}\n", "t0"),
        "p.yaml:23:9  too-deep  the terms are nested too deep in each other",
    ),
    "terms written from the last to the first": (
        terms("  t50: {order.units: 1}\n" + "".join(f"  t{n}: {{is: t{n + 1}}}\n" for n in reversed(range(50))), "t0"),
        "p.yaml:35:3  too-large  the condition has more than 64 levels, its terms written out",
    ),
}
EFFECTS = {
    "an effect": (
        then("prefre: 4.00"),
        "p.yaml:5:12  unknown-effect  unknown effect 'prefre' (did you mean 'prefer'?)",
    ),
    "an amount below zero": (
        then("prefer: -1"),
        "p.yaml:5:12  out-of-range  prefer: '-1' is out of range; it must be between 0 and 100000",
    ),
    "a tier": (then("tier: 10"), "p.yaml:5:12  out-of-range  tier: '10' is out of range; it must be between 1 and 9"),
    "a priority": (
        then("priority: 101"),
        "p.yaml:5:12  out-of-range  priority: '101' is out of range; it must be between 0 and 100",
    ),
    "no shipment": (
        then("max_shipments: 0"),
        "p.yaml:5:12  out-of-range  max_shipments: '0' is out of range; it must be at least 1",
    ),
    "a price of carbon for a pound": (
        then("carbon_price: 120 EUR/lb"),
        (
            "p.yaml:5:12  wrong-unit  carbon_price: '120 EUR/lb': write a price for a kg or a t of CO2e, "
            "for example 120 EUR/t"
        ),
    ),
    "a price of carbon in francs": (
        then("carbon_price: 120 F/t"),
        "p.yaml:5:12  wrong-unit  carbon_price: '120 F/t': 'F' is no currency code; write for example 120 EUR/t",
    ),
    "a limit of shipments that gives way to nothing": (
        then("max_shipments: {at_most: 2}"),
        "p.yaml:5:12  bad-value  max_shipments: write a number, or {at_most: 2, unless_needed: true}",
    ),
    "a limit of no shipments that gives way": (
        then("max_shipments: {at_most: 0, unless_needed: true}"),
        "p.yaml:5:12  out-of-range  max_shipments: '0' is out of range; it must be at least 1",
    ),
    "a rank for a place": (
        f"{HEAD}    when: {{stock.rank: 1}}\n    then: {{keep: 1}}\n",
        "p.yaml:6:12  later-stage  'keep' acts on the place, where stock.rank is not known yet",
    ),
    "a hold without an end": (
        then("hold: 91 d"),
        "p.yaml:5:12  out-of-range  hold: '91 d' is out of range; it must be between 1 m and 90 d",
    ),
    "a hold without a unit": (
        then("hold: 30"),
        "p.yaml:5:12  wrong-unit  hold: '30': a unit is missing; use m, min, h, d, for example 48 h",
    ),
    "a hold until shipped in two words": (
        then("hold: until shipped"),
        f"p.yaml:5:12  bad-value  hold: 'until shipped': {HOLD}",
    ),
    "a hold that ends before it ships": (
        then("hold: until_shipped - 4 h"),
        f"p.yaml:5:12  bad-value  hold: 'until_shipped - 4 h': {HOLD}",
    ),
    "too long after it ships": (
        then("hold: until_shipped + 91 d"),
        "p.yaml:5:12  out-of-range  hold: '91 d' is out of range; it must be between 1 m and 90 d",
    ),
    "after it ships without a unit": (
        then("hold: until_shipped + 4"),
        "p.yaml:5:12  wrong-unit  hold: '4': a unit is missing; use m, min, h, d, for example 48 h",
    ),
    "an effect switched off": (
        then("ship_complete: false"),
        "p.yaml:5:12  bad-value  ship_complete: 'false': write true, or leave the effect out",
    ),
    "an approval switched off": (
        then("approve: false"),
        "p.yaml:5:12  bad-value  approve: 'false': write true, or leave the effect out",
    ),
    "a transfer that is asked for": (
        then("transfer: true"),
        "p.yaml:5:12  bad-value  transfer: 'true': write false, or leave the effect out",
    ),
    "an exclusion": (then("exclude: never"), "p.yaml:5:12  bad-value  exclude: 'never': write true or unless_needed"),
    "a share": (then("keep: 101%"), "p.yaml:5:12  out-of-range  keep: '101%' is not between 0% and 100%"),
    "a protection": (
        then("protect: {channel: web}"),
        (
            "p.yaml:5:12  bad-value  protect: a number of units, a share or a cover is missing; write"
            " {channel: web, units: 5}, {channel: web, share: 20%} or {channel: web, cover: 3 days}"
        ),
    ),
    "a protection of two sizes": (
        then("protect: {channel: web, units: 5, share: 20%}"),
        "p.yaml:5:12  bad-value  protect: only one of units, share may stand here",
    ),
    "a cap without a channel": (
        then("cap: {units: 5}"),
        "p.yaml:5:12  bad-value  cap: 'channel' is missing; write {channel: marketplace, units: 10}",
    ),
    "a cap of a day": (
        then("cap: {channel: web, units: 5, per: day}"),
        "p.yaml:5:12  bad-value  cap: there is no 'per'; write {channel: marketplace, units: 10}",
    ),
    "no protection": (
        then("protect: []"),
        (
            "p.yaml:5:12  bad-value  protect: write {channel: web, units: 5}, {channel: web, share: 20%} or"
            " {channel: web, cover: 3 days}"
        ),
    ),
    "a cover that is no number of days": (
        then("protect: {channel: web, cover: 3 weeks}"),
        "p.yaml:5:12  bad-value  protect: '3 weeks' is no number of days; write for example 10 days",
    ),
    "a cover of more than a year": (
        then("keep: {cover: 366 days}"),
        "p.yaml:5:12  out-of-range  keep: '366' is out of range; it must be between 0 and 365 days",
    ),
    "safety stock of another size": (
        then("keep: {units: 3}"),
        "p.yaml:5:12  bad-value  keep: there is no 'units'; write 3, 10% or {cover: 2 days}",
    ),
    "an alert of a share": (
        then("alert_below: 10%"),
        "p.yaml:5:12  bad-value  alert_below: '10%' is no whole number; write for example 12",
    ),
    "an alert of days": (
        then("alert_below: 5 days"),
        "p.yaml:5:12  bad-value  alert_below: '5 days' is no number of units; for days of cover write {cover: 5 days}",
    ),
    "safety stock of days": (
        then("keep: 2 d"),
        "p.yaml:5:12  bad-value  keep: '2 d' is no number of units; for days of cover write {cover: 2 d}",
    ),
    "an alert without days": (
        then("alert_below: {}"),
        "p.yaml:5:12  bad-value  alert_below: 'cover' is missing; write 10 or {cover: 5 days}",
    ),
    "a target in weeks": (
        then("target_cover: 2 weeks"),
        "p.yaml:5:12  bad-value  target_cover: '2 weeks' is no number of days; write for example 10 days",
    ),
    "an uplift that is no share": (
        then("uplift: 1.5"),
        "p.yaml:5:12  bad-value  uplift: '1.5' is no share; write for example 10%",
    ),
    "an uplift beyond reason": (
        then("uplift: 1001%"),
        "p.yaml:5:12  out-of-range  uplift: '1001%' is not between 0% and 1000%",
    ),
    "a level of an order": (
        (
            "policy: p\nrules:\n  - id: r\n    because: {en: x, fr: y}\n    when: {order.channel: web}\n"
            "    then: {alert_below: 3}\n"
        ),
        (
            "p.yaml:6:12  later-stage  'alert_below' acts on the stock of a place, whatever the order, where"
            " order.channel is not known yet"
        ),
    ),
    "a share as units": (
        then("protect: {channel: web, units: 20%}"),
        "p.yaml:5:12  bad-value  protect: '20%' is a share; write share: 20%",
    ),
    "several amounts": (then("prefer: [1, 2]"), "p.yaml:5:12  bad-value  prefer: a single value is expected"),
    "a condition of a later stage": (
        f"{HEAD}    when: {{stock.on_hand: 1, route.late: true, order.units: 1}}\n    then: {{keep: 1}}\n",
        "p.yaml:6:12  later-stage  'keep' acts on the place, where route.late is not known yet",
    ),
    "a term of a later stage": (
        terms("  late: {route.late: true}\n", "late"),
        "p.yaml:8:12  later-stage  'keep' acts on the place, where route.late is not known yet",
    ),
    "stock for a node": (
        f"{HEAD}    when: {{order.units: 1}}\n    then: {{daily_orders: 1}}\n",
        "p.yaml:6:12  later-stage  'daily_orders' acts on the node, where order.units is not known yet",
    ),
    "an order for a rejection": (
        f"{HEAD}    when: {{order.channel: web}}\n    then: {{rest_after_rejection: 2h}}\n",
        "p.yaml:6:12  later-stage  'rest_after_rejection' acts on the rejection, where order.channel is not known yet",
    ),
    "the reason of a rejection for a day": (
        f"{HEAD}    when: {{rejection.reason: other}}\n    then: {{daily_orders: 1}}\n",
        "p.yaml:6:12  later-stage  'daily_orders' acts on the node, where rejection.reason is not known yet",
    ),
    "a reason that is none": (
        f"{HEAD}    when: {{rejection.reason: no_capcity}}\n    then: {{rest_after_rejection: 2h}}\n",
        (
            "p.yaml:5:12  unknown-word  'no_capcity' is no value of rejection.reason; use not_in_stock, no_capacity, "
            "damaged, other (did you mean 'no_capacity'?)"
        ),
    ),
    "too long a rest": (
        then("rest_after_rejection: 31 d"),
        ("p.yaml:5:12  out-of-range  rest_after_rejection: '31 d' is out of range; it must be between 1 m and 30 d"),
    ),
    "a rest without a unit": (
        then("rest_after_rejection: 2"),
        "p.yaml:5:12  wrong-unit  rest_after_rejection: '2': a unit is missing; use m, min, h, d, for example 48 h",
    ),
}
WINDOWS = {
    "a day that is none": (
        window("from: 2026-02-30"),
        "p.yaml:5:5  impossible-date  from: '2026-02-30' is no day of the calendar: day is out of range for month",
    ),
    "a date of another country": (
        window("until: 31/12/2026"),
        "p.yaml:5:5  bad-value  until: '31/12/2026' is no date; write 2026-12-31",
    ),
    "an empty end": (window('until: ""'), "p.yaml:5:5  bad-value  until: '' is no date; write for example 2026-11-01"),
    "a mapping for a date": (window("from: {day: 1}"), "p.yaml:5:5  wrong-type  from: a single value is expected here"),
    "an hour that is none": (
        window('hours: ["08:00", "25:00"]'),
        "p.yaml:5:5  bad-value  hours: '25:00' is no time of day; write for example \"08:00\", in quotes",
    ),
    "one hour": (
        window('hours: ["08:00"]'),
        'p.yaml:5:5  wrong-type  hours: write two times, as hours: ["08:00", "18:00"]',
    ),
    "no time at all": (
        window('hours: ["08:00", "08:00"]'),
        "p.yaml:5:5  empty-window  the window is empty: it ends when it starts",
    ),
    "a weekday": (
        window("weekdays: [monday, someday]"),
        (
            "p.yaml:5:24  unknown-word  'someday' is no weekday; use monday, tuesday, wednesday, thursday, friday, "
            "saturday, sunday (did you mean 'sunday'?)"
        ),
    ),
    "no weekday": (window("weekdays: []"), "p.yaml:5:5  wrong-type  weekdays: an empty list"),
}
YAML_SYNTAX = {
    "an alias": (
        "a: &x 1\nb: *x\n",
        "p.yaml:2:4  alias  aliases (*name) are not read; write the value out, or use a term",
    ),
    "a tag": (
        "a: !!python/name:os.system x\n",
        "p.yaml:1:4  tag  tags (tag:yaml.org,2002:python/name:os.system) are not read; write the value alone",
    ),
    "a key twice": (
        "a: 1\nb:\n  c: 1\n  c: 2\n",
        "p.yaml:4:3  duplicate-key  'c' stands here a second time; the first is on line 3",
    ),
    "a key that is a list": ("? [a]\n: 1\n", "p.yaml:1:3  bad-key  a key must be a word"),
    "two documents": ("a: 1\n---\nb: 1\n", "p.yaml:2:1  bad-yaml  a second document; write one a file"),
    "a tab": ("a:\n\tb: 1\n", "p.yaml:2:1  bad-yaml  this line is indented with a tab; use spaces"),
    "an open bracket": (
        "a: [1\nb: 2\n",
        "p.yaml:2:2  bad-yaml  this is no YAML: a list in brackets is not closed, or a comma is missing in it",
    ),
    "a NUL": ("a: 1\nb: \0\n", "p.yaml:2:1  bad-yaml  a NUL character"),
    "a bell": (
        "a: \a\n",
        "p.yaml:1:1  bad-yaml  this is no YAML: unacceptable character #x0007: control characters are not allowed",
    ),
    "33 lists in each other": ("[" * 34 + "]" * 34 + "\n", "p.yaml:1:34  too-deep  nested deeper than 32"),
}
