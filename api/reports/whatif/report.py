"""The report of a what-if as one page of HTML: it can be kept, sent and printed, and needs nothing else."""

import functools
from collections.abc import Sequence

from jinja2 import Template
from markupsafe import Markup
from msgspec import UNSET

from api.cli.output.times import time_text
from api.cli.whatif.headline import captured, draft_headline, how_sure, notes, protection, rules_that_differ
from api.cli.whatif.sweep import is_unbeaten
from api.language.current import counted, current_language, say, say_message, speaking
from api.records.findings import FindingRecord
from api.records.whatif import WhatIfDraftRecord, WhatIfRecord
from api.reports.charts.bars import share_bar
from api.reports.charts.svg import shown_text
from api.reports.self_contained import environment, file_text, style_policy
from api.reports.whatif.differences import alike, causes, groups
from api.reports.whatif.end_stock import end_stock, network_changes, stock_outs
from api.reports.whatif.figures import figures, tiles
from api.reports.whatif.orders import orders
from api.reports.whatif.overview import labels, summary, trade_offs
from api.reports.whatif.places import days, flows
from api.reports.whatif.rules import idle_rules, rules
from api.reports.whatif.views import DraftView, PageView

_MOST_DETAILED = 4
"""Of more drafts, the others have their headline and their figures; everything of them is in the CSV and JSON."""
_MOST_TILED = 12
"""Of more drafts, the others stand in the table alone."""
_SHORT = 12
"""Signs of a policy version that are shown."""


def report_html(record: WhatIfRecord, language: str) -> bytes:
    """In a language that the command line speaks, or else in English. Why orders change is in the language in which the
    what-if was asked for.
    """
    style = _style()
    with speaking(language):
        page = _template().render(
            language=current_language(),
            page=_page(record),
            style=Markup(style),  # noqa: S704  # ours
            policy=report_policy(),
            say=say,
        )
    return page.encode()


@functools.cache
def report_policy() -> str:
    """The Content-Security-Policy of the page."""
    return style_policy(_style())


def _style() -> str:
    return file_text(__package__, "style.css")


@functools.cache
def _template() -> Template:
    made = environment()
    made.finalize = lambda value: value if isinstance(value, Markup) else shown_text(value)
    return made.from_string(file_text(__package__, "report.html"))


def _page(record: WhatIfRecord) -> PageView:
    drafts = record.drafts
    detailed = _detailed(drafts)
    several = len(drafts) > 1
    one = draft_headline(drafts[0], record.currency) if drafts else say("nothing was tried")
    headline = summary(record) if several else one
    return PageView(
        title=say("What if: {names}", names=", ".join(draft.name for draft in drafts)),
        kicker=say("What-if report"),
        headline=headline,
        facts=_facts(record),
        drafts=[
            _draft(place, draft, record, details=place in detailed)
            for place, draft in enumerate(drafts)
            if place in detailed or len(drafts) <= _MOST_TILED
        ],
        trade_offs=trade_offs(record),
        notes=[*_way_notes(record), *notes(record)],
        refused=[(item.name, [_finding(finding) for finding in item.findings]) for item in record.refused],
        left_out=_left_out([label for place, label in enumerate(labels(drafts)) if place not in detailed]),
    )


def _facts(record: WhatIfRecord) -> list[tuple[str, str]]:
    since, until = (
        time_text(instant, record.time_zone) if instant else "–" for instant in (record.since, record.until)
    )
    made = say("decisions made") if record.way != "orders" else say("orders placed")
    return [
        (made, say("{start} to {end}", start=since, end=until)),
        (say("tried"), counted(record.decisions, "decision")),
        (say("compared with policies"), record.against[:_SHORT]),
        (say("way of trying"), _way(record)),
    ]


def _way(record: WhatIfRecord) -> str:
    if record.way == "one_step":
        return say("in one step: each decision alone, on the stock of its moment")
    if record.orders_file is not UNSET:
        return say("the orders of {file}: stock evolves under the draft", file=record.orders_file)
    if record.begins_again is not UNSET:
        return say("rolled forward: stock evolves under the draft, and begins again from the log's in each stretch")
    return say("rolled forward: stock evolves under the draft")


def _way_notes(record: WhatIfRecord) -> list[str]:
    said = []
    if record.way == "one_step":
        said.append(
            say(
                "Each decision is tried alone, on the stock as it was. A draft that fills more takes units that later"
                " orders had; here both are filled. So differences in units filled are an upper bound."
            )
        )
    said.append(
        say(
            "Late is later than was promised. Of shipments each is counted, of decisions those that have a late one,"
            " and an order once."
        )
    )
    said.append(
        say(
            "95% between: orders are drawn again from those that there were, {draws:,} times, each with its own"
            " difference. That a weekend is another thing than a Tuesday, this does not know.",
            draws=record.draws,
        )
    )
    return said


def _detailed(drafts: Sequence[WhatIfDraftRecord]) -> set[int]:
    """Those that no other beats come first."""
    ranked = sorted(range(len(drafts)), key=lambda place: (not is_unbeaten(drafts[place], drafts), place))
    return set(ranked[:_MOST_DETAILED])


def _left_out(names: Sequence[str]) -> str:
    if not names:
        return ""
    return say(
        "Of {drafts} only the figures are shown ({names}): others are better, or as good. The CSV and JSON have"
        " everything of each.",
        drafts=counted(len(names), "draft"),
        names=", ".join(names),
    )


def _draft(place: int, draft: WhatIfDraftRecord, record: WhatIfRecord, *, details: bool) -> DraftView:
    currency, changed = record.currency, draft.orders.changed
    details = details and draft.decisions_changed > 0
    share = say("{changed:,} of {orders}", changed=changed, orders=counted(draft.orders.orders, "order"))
    return DraftView(
        anchor=f"draft-{place + 1}",
        name=draft.name,
        headline=draft_headline(draft, currency),
        changes=[*network_changes(draft), *(line.strip() for line in rules_that_differ(draft))],
        sure=[line.strip() for line in (*how_sure(draft, currency), *captured(draft, currency))],
        protection=[line.strip() for line in protection(draft)],
        changed=share_bar(changed, draft.orders.orders, share) if draft.orders.orders else None,
        tiles=tiles(draft, currency),
        details=details,
        figures=figures(draft, currency),
        causes=causes(draft, currency) if details else None,
        flows=flows(draft, record.places, currency) if details or len(record.drafts) == 1 else None,
        days=days(draft) if details else None,
        groups=list(groups(draft, currency)) if details else (),
        alike=alike(draft),
        further=end_stock(draft, record.time_zone),
        run_out=stock_outs(draft, record.time_zone),
        rules=rules(draft, currency),
        idle=idle_rules(draft) if details or len(record.drafts) == 1 else (),
        orders=orders(draft, currency, record.time_zone) if details else (),
    )


def _finding(finding: FindingRecord) -> str:
    hint = say(" (did you mean '{meant}'?)", meant=finding.meant) if finding.meant else ""
    return f"{finding.file}:{finding.line}:{finding.column} {say_message(finding.message)}{hint}"
