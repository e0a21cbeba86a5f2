"""Rules as policy files have them, of every kind that the language knows, written in every way that YAML allows."""

import json

from hypothesis import strategies as st

from rules.syntax.yaml_document import Plain
from rules.tables.yaml_text import flow_text

FIRST, SECOND = "shops", "nearest"
"""The ids of the rules that stand around the one that is drawn."""
_WORDS = st.sampled_from(["web", "app", "lyon", "gift wrap", "5", "true", "œuf: dur", "it's", "#1", "- x", "a, b"])
_AMOUNTS = st.sampled_from(["3", "12", "250", "0.5"])
_TIMES = st.sampled_from(["08:00", "18:30", "22:00"])
_ORDERED = st.sampled_from(["at_least", "more_than", "at_most", "less_than"])
_EFFECTS = {
    "prefer": st.sampled_from(["4.00", "0.5 EUR"]),
    "exclude": st.sampled_from(["true", "unless_needed"]),
    "tier": st.sampled_from(["1", "9"]),
    "carbon_price": st.sampled_from(["0.25", "120 EUR/t"]),
    "hold": st.sampled_from(["30m", "48 h", "until_shipped", "until_shipped + 4 h"]),
    "lookahead": st.sampled_from(["on", "80%"]),
    "priority": st.just("80"),
    "approve": st.just("true"),
    "max_shipments": st.sampled_from(["2", {"at_most": "1", "unless_needed": "true"}]),
    "keep": st.sampled_from(["3", "10%", {"cover": "2 days"}]),
    "protect": st.sampled_from(
        [
            {"channel": "web", "units": "5"},
            [{"channel": "web", "share": "20%"}, {"channel": "app", "cover": "3 days"}],
            [{"channel": "web", "units": "5"}],
        ]
    ),
    "allocate": st.just({"channel": "web", "share": "20%", "min": "2", "max": "20", "per": "week"}),
    "min_shelf_life": st.just("10 days"),
    "preorder_from": st.just("2026-12-12"),
}


def _or_list(words):
    return words | st.lists(words, min_size=1, max_size=3)


def _negated(clauses):
    return clauses | st.builds(lambda inner: {"not": inner}, clauses)


def _operations(*pairs):
    """Some of these operators with their values, all in one mapping."""
    return st.fixed_dictionaries({}, optional=dict(pairs)).filter(bool)


_NUMBER = _operations(
    ("at_least", _AMOUNTS), ("less_than", _AMOUNTS), ("between", st.just(["1", "9"])), ("known", st.just("true"))
)
_CLAUSES = {
    "order.channel": _negated(
        _or_list(_WORDS) | _operations(("matches", _or_list(st.just("w*"))), ("known", st.just("false")))
    ),
    "node.type": _negated(_or_list(st.sampled_from(["store", "warehouse"]))),
    "order.units": _negated(_negated(_AMOUNTS | _NUMBER)),
    "order.tags": _negated(_operations(("has", _WORDS), ("has_any", _or_list(_WORDS)), ("has_all", _or_list(_WORDS)))),
    "route.late": st.sampled_from(["true", "false"]),
    "product.weight": st.sampled_from([{"more_than": "15 kg"}, {"between": ["250g", "2.5 kg"]}]),
    "node.country": st.sampled_from([{"same_as": "order.country"}, {"not": {"not_same_as": "order.country"}}]),
    "node.time": st.builds(lambda time: {"less_than": time}, _TIMES),
    "order.placed_at": st.sampled_from([{"at_least": "2026-11-27 18:00"}, {"less_than": "2026-11-27"}]),
    "product.attributes.hazmat": st.sampled_from(["true", {"not": "true"}]),
    "node.attributes.floor_area": st.sampled_from(["250", {"at_least": "250"}]),
    "is": _or_list(st.sampled_from(["heavy", "far"])),
}


def _mapping(conditions):
    groups = {name: st.lists(conditions, min_size=1, max_size=3) for name in ("all", "any", "none")}
    return st.fixed_dictionaries({}, optional=_CLAUSES | groups).filter(bool)


_LEAF = st.sampled_from(sorted(_CLAUSES)).flatmap(lambda fact: st.fixed_dictionaries({fact: _CLAUSES[fact]}))
_GROUP_NAMES = st.sampled_from(["all", "any", "none"])


def _joined(conditions):
    group = st.builds(lambda name, parts: {name: parts}, _GROUP_NAMES, st.lists(conditions, min_size=1, max_size=3))
    return st.lists(_LEAF | group, min_size=1, max_size=3).map(
        lambda parts: {k: v for its in parts for k, v in its.items()}
    )


conditions = st.recursive(_joined(_LEAF), _joined, max_leaves=5)
"""What stands under `when`."""
_REASONS = st.sampled_from(["Why", "It's: so", "# no comment", "Parce que « oui »", "yes"])
rules = st.fixed_dictionaries(
    {
        "id": st.just("drawn"),
        "because": _REASONS | st.fixed_dictionaries({"fr": _REASONS}, optional={"en": _REASONS, "de": _REASONS}),
        "then": st.lists(st.sampled_from(sorted(_EFFECTS)), min_size=1, max_size=3, unique=True).flatmap(
            lambda names: st.fixed_dictionaries({name: _EFFECTS[name] for name in names})
        ),
    },
    optional={
        "when": conditions,
        "from": st.sampled_from(["2026-11-20", "2026-11-27 08:00"]),
        "until": st.sampled_from(["2026-12-24", "2026-12-24 18:00"]),
        "weekdays": st.lists(st.sampled_from(["friday", "monday"]), min_size=1, max_size=2, unique=True),
        "hours": st.just(["08:00", "18:00"]),
        "disabled": st.just("true"),
        "overrides": st.sampled_from([[f"drawn/{FIRST}"], ["other/*", f"drawn/{SECOND}"], []]),
    },
)
"""The keys of a rule, in any order, every value as text."""


def file_with(draw, rule):
    """A file with the rule between two others, written in a way that is drawn."""
    newline = draw(st.sampled_from(["\n", "\n", "\n", "\r\n"]))
    body = _block(draw, rule, 4)
    lines = [
        "policy: drawn # the file's own",
        "terms: {heavy: {product.weight: {at_least: 15 kg}}, far: {route.distance: {more_than: 300 km}}}",
        "rules:",
        "  # around it",
        f"  - {{id: {FIRST}, because: x, then: {{priority: 10}}}} # one line",
        "",
        "  # of the rule",
        f"  - {body[0].lstrip()}",
        *body[1:],
        "    # at its end",
        "  # of the next",
        f"  - id: {SECOND}",
        "    because: z # why",
        "    then:",
        "      prefer: 1",
    ]
    return newline.join(lines) + newline


def _block(draw, mapping, indent):
    """The lines of a mapping."""
    lines = []
    for key in draw(st.permutations(sorted(mapping))):
        lines += _entry(draw, key, mapping[key], indent)
        if draw(st.integers(0, 5)) == 0:
            lines.append(f"{' ' * draw(st.integers(0, 9))}# {draw(st.sampled_from(['so', 'a: b', '- x']))}")
    return lines


def _entry(draw, key, value, indent):
    start = f"{' ' * indent}{key}:"
    if not isinstance(value, str) and value and draw(st.booleans()):
        inner = indent + draw(st.sampled_from([2, 4]))
        if isinstance(value, dict):
            return [f"{start}{_remark(draw)}", *_block(draw, value, inner)]
        inner = draw(st.sampled_from([indent, inner]))
        return [f"{start}{_remark(draw)}", *(line for item in value for line in _item(draw, item, inner))]
    return [f"{start} {_flow(draw, value)}{_remark(draw)}"]


def _item(draw, value, indent):
    if isinstance(value, dict) and draw(st.booleans()):
        lines = _block(draw, value, indent + 2)
        return [f"{' ' * indent}- {lines[0].lstrip()}", *lines[1:]]
    return [f"{' ' * indent}- {_flow(draw, value)}{_remark(draw)}"]


def _remark(draw):
    return draw(st.sampled_from(["", "", "", " # a remark", "  # {x"]))


def _flow(draw, value):
    if isinstance(value, dict):
        space = draw(st.sampled_from(["", " "]))
        return "{" + space + ", ".join(f"{key}: {_flow(draw, inner)}" for key, inner in value.items()) + space + "}"
    if isinstance(value, list):
        return (
            "["
            + ", ".join(_flow(draw, inner) for inner in value)
            + draw(st.sampled_from(["", ","] if value else [""]))
            + "]"
        )
    if draw(st.integers(0, 3)) == 0:
        return draw(st.sampled_from([json.dumps(value, ensure_ascii=False), "'" + value.replace("'", "''") + "'"]))
    return flow_text(Plain(value))
