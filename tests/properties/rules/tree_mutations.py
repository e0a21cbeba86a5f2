"""Makes policy files with mutations: a word, key or branch changed, removed, moved or repeated."""

import json
import random
import re
from collections.abc import Iterator
from typing import Any

from rules.conditions import Operator
from rules.effects import STAGE_OF
from rules.syntax.yaml_document import Plain
from rules.vocabulary import CHANNELS, VOCABULARY
from rules.windows import WEEKDAYS

WORDS = """true false True FALSE yes no off null ~ 0 1 -1 5 012 00 1.5 12.0 .5 5. 1e3 0x1F 0o17 .inf -.inf .nan +4 -0
1_000 1:30 0.0000001 100000 100001 1000000000000000 999999999999999 2.5kg 300km 48h 0.5g 0.01h 30m 30min 2d 91d 0m 10%
101% 0.001% 100% 4.00EUR 4EURO -1EUR 0.00000001EUR 2026-11-01 2026-02-30 2026-02-29 2028-02-29 2026-11-31 2026-13-01
31/12/2026 08:00 8:00 24:00 24:01 25:00 web warehouse store end_of_line standard express monday someday air never
unless_needed heavy overstocked clearance/outlets-first p/r x P 75* café""".split()  # noqa: SIM905  # as a list, a page
SPACED = [
    "2.5 kg",
    "300 km",
    "48 h",
    "4.00 EUR",
    "2026-11-27 08:00",
    "2026-11-27T08:00",
    "a b",
    "10 %",
    " 4 ",
    "0.00625 d",
]
QUOTED = ["", "12", "true", "4.00", "08:00", "a\n", " 5", "5\n", "web", "75*", "012", "1e3", "-1", "x" * 1_001]
KEYS = (
    *VOCABULARY,
    *STAGE_OF,
    *(operator.value for operator in Operator),
    *("not", "all", "any", "none", "is", "product.attributes.hazmat", "node.attributes.size", "node.attributes", "x"),
    *("policy", "owner", "description", "terms", "rules", "id", "because", "when", "then", "from", "until", "weekdays"),
    *("hours", "overrides", "en", "fr", "channel", "units", "share", "order.totl", "product.attributes.a.b", "5"),
)
SPECIMEN = """
policy: specimen
owner: me
description: Everything the language has.
terms:
  overstocked: {stock.days_of_cover: {more_than: 90}}
  heavy: {any: [{product.weight: {at_least: 15 kg}}, {order.weight: {more_than: 40 kg}}]}
rules:
  - id: first
    because: why
    when:
      is: [overstocked, heavy]
      order.channel: [web, app]
      order.delivery: {not: express}
      order.placed_at: {between: ["2026-11-01 00:00", "2026-11-27 18:00"]}
      order.promise_by: {known: true, at_least: 2026-11-01, not: 2026-12-24T24:00}
      order.postcode: {matches: ["75*", 69]}
      order.tags: {has: gift}
      order.units: {at_least: 2, at_most: 5, not: [3, 4]}
      order.value: {at_least: 50.00 EUR, less_than: 100}
      node.tags: {has_any: [outlet, closing], not: {has_all: [a, b]}}
      route.arrives: {less_than: 48 h}
      route.distance: {not: {not: {at_most: 300 km}}}
      route.late: false
      route.co2: {at_most: 0.5 kg}
      now.date: 2026-11-01
      now.time: {between: ["08:00", "18:00"]}
      now.weekday: [monday, sunday]
      product.attributes.hazmat: true
      product.attributes.power: {at_least: 5, not: 7}
      node.attributes.kind: {matches: "a*", known: true}
      node.attributes.tags: {has: a, not: {has: b}}
      all: [{none: [{service.mode: air}, {node.type: store}]}, {any: [{stock.on_hand: 0}]}]
    then: {exclude: unless_needed, prefer: 4.00, avoid: 2.50 EUR, tier: 1}
    from: 2026-11-01
    until: 2026-12-31 18:00
    weekdays: [saturday, sunday]
    hours: ["22:00", "06:00"]
    overrides: [specimen/second]
  - id: second
    because: {en: why, fr: pourquoi}
    then: {exclude: true, tier: 9}
  - id: third
    because: {fr: pourquoi}
    when: {node.type: [store, warehouse]}
    then:
      keep: 10%
      protect: [{channel: web, units: 5}, {channel: app, share: 20%}]
  - id: fourth
    because: why
    then: {max_shipments: 2, split_penalty: 3.00, ship_complete: true, carbon_price: 0.25, hold: 30m, priority: 80}
  - id: fifth
    because: why
    then: {keep_together: true, approve: true, hold: until_shipped + 4 h}
  - id: sixth
    because: why
    then: {daily_orders: 40}
  - id: rest
    because: why
    when: {rejection.reason: [no_capacity, other]}
    then: {rest_after_rejection: 2h}
  - id: seventh
    because: why
    then: {keep: 3, protect: {channel: web, units: 5}}
"""

Tree = Any
Path = tuple[str | int, ...]


def mutated(root: Tree, chance: random.Random) -> str:
    """The document with one to three mutations, in YAML's flow style."""
    tree = _copied(root)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        path = chance.choice(list(_paths(tree)))
        tree = chance.choice(_CHANGES)(tree, path, chance)
    return written(tree)


def written(tree: Tree) -> str:
    """A tree of `rules.syntax.yaml_document` as YAML: plain scalars without quotes, the others in quotes."""
    match tree:
        case dict():
            return "{" + ", ".join(f"{_key(key)}: {written(value)}" for key, value in tree.items()) + "}"
        case list():
            return "[" + ", ".join(map(written, tree)) + "]"
        case Plain() if re.search(r"[,\[\]{}#]|: |:$", tree) is None:
            return str(tree)
        case str():
            return json.dumps(str(tree))
    return "null"


def _key(key: str) -> str:
    return key if re.fullmatch(r"[a-z_.-]+", key) else json.dumps(key)


def _copied(tree: Tree) -> Tree:
    if isinstance(tree, dict):
        return {key: _copied(value) for key, value in tree.items()}
    return [_copied(item) for item in tree] if isinstance(tree, list) else tree


def _paths(tree: Tree, path: Path = ()) -> Iterator[Path]:
    yield path
    entries = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in entries:
        yield from _paths(value, (*path, key))


def _at(tree: Tree, path: Path) -> Tree:
    for step in path:
        tree = tree[step]
    return tree


def _put(tree: Tree, path: Path, value: Tree) -> Tree:
    if not path:
        return value
    _at(tree, path[:-1])[path[-1]] = value
    return tree


def _word(chance: random.Random) -> Tree:
    kind = chance.randrange(4)
    if kind == 0:
        return Plain(chance.choice([*CHANNELS, *WEEKDAYS, *SPACED]).strip())
    return chance.choice(QUOTED) if kind == 1 else _plain(chance.choice(WORDS))


def _plain(text: str) -> Tree:
    return None if text in ("null", "~") else Plain(text)


def _other_word(tree: Tree, path: Path, chance: random.Random) -> Tree:
    return _put(tree, path, _word(chance)) if isinstance(_at(tree, path), str) or chance.random() < 0.1 else tree


def _other_key(tree: Tree, path: Path, chance: random.Random) -> Tree:
    parent = _at(tree, path[:-1])
    if not path or not isinstance(parent, dict):
        return tree
    new = chance.choice(KEYS)
    return _put(tree, path[:-1], {new if key == path[-1] else key: value for key, value in parent.items()})


def _removed(tree: Tree, path: Path, chance: random.Random) -> Tree:
    if path:
        del _at(tree, path[:-1])[path[-1]]
    return tree


def _extended(tree: Tree, path: Path, chance: random.Random) -> Tree:
    """One more key or item."""
    node = _at(tree, path)
    value = _copied(_at(tree, chance.choice(list(_paths(tree))))) if chance.random() < 0.5 else _word(chance)
    if isinstance(node, dict):
        node[chance.choice(KEYS)] = value
    if isinstance(node, list):
        node.append(value)
    return tree


def _copied_here(tree: Tree, path: Path, chance: random.Random) -> Tree:
    """A branch from elsewhere in the tree replaces this one."""
    return _put(tree, path, _copied(_at(tree, chance.choice(list(_paths(tree))))))


def _wrapped(tree: Tree, path: Path, chance: random.Random) -> Tree:
    node = _at(tree, path)
    return _put(
        tree, path, chance.choice(([node], {"not": node}, {"known": Plain("true")}, [], {}, [node, node], None))
    )


_CHANGES = (_other_word, _other_word, _other_word, _other_key, _other_key, _removed, _extended, _copied_here, _wrapped)
