"""What the rules did: how often each acted and what it costs, and which did nothing."""

from api.language.current import counted, say
from api.records.whatif import WhatIfDraftRecord
from api.reports.charts.bars import bar, bar_scale
from api.reports.whatif.numbers import cents, less_is_better, signed, whole
from api.reports.whatif.views import NamesView, TableView


def rules(draft: WhatIfDraftRecord, currency: str) -> TableView | None:
    """Those that differ, or that act otherwise than without the draft. None if there are none."""
    changes = draft.changes
    kinds = ((say("added"), changes.added), (say("changed"), changes.changed), (say("gone"), changes.gone))
    differing = {rule.rule: kind for kind, rules in kinds for rule in rules}
    acting = {name for name, its in draft.rules.items() if its.baseline != its.draft}
    names = sorted(differing.keys() | acting)
    if not names:
        return None
    costs = {name: draft.rules[name].cost_micros if name in draft.rules else 0 for name in names}
    scale = bar_scale(costs.values())
    rows = []
    for name in names:
        its = draft.rules.get(name)
        sides = (0, 0, 0) if its is None else (its.baseline, its.draft, its.changed)
        chart = bar(scale, 0, costs[name], less_is_better(costs[name]), signed(costs[name], cents))
        rows.append([name, differing.get(name, ""), *map(whole, sides), chart, signed(costs[name], cents)])
    headings = [
        say("rule"),
        say("in the draft"),
        say("acted without it"),
        say("with it"),
        say("of these otherwise"),
        say("more or less cost"),
        say("cost ({currency})", currency=currency),
    ]
    return TableView(
        caption=say("What the rules did"),
        headings=headings,
        rows=rows,
        numbers=frozenset({2, 3, 4, 6}),
        note=say(
            "In how many decisions each acted. The cost is that of the decisions in which it acts with the draft."
        ),
    )


def idle_rules(draft: WhatIfDraftRecord) -> list[NamesView]:
    most = max((draft.rules[rule].weighed or 0 for rule in draft.never_decided), default=0)
    never_fired = say("{rules} never fired", rules=counted(len(draft.never_fired), "rule"))
    never_decided = say(
        "{rules} fired, but decided none of the last {most:,} decisions or fewer in which they did",
        rules=counted(len(draft.never_decided), "rule"),
        most=most,
    )
    named = ((never_fired, draft.never_fired), (never_decided, draft.never_decided))
    return [NamesView(title=title, names=names) for title, names in named if names]
