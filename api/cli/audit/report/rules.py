"""The tables of an evidence report about rules: which ones pushed end-of-line products, and which ones changed."""

from api.cli.audit.report.cells import Cells, Section
from api.language.current import say
from engine.audit.evidence.record import EvidenceReportRecord
from engine.policies.review import SHORT


def end_of_line(report: EvidenceReportRecord, cells: Cells) -> Section:
    return Section(
        name="end-of-line",
        title=say("End-of-line products: what was done to sell them"),
        remarks=[
            say(
                "Regulation (EU) 2024/1781 (ESPR) bans the destruction of unsold apparel, clothing accessories and"
                " footwear (Article 25), and asks for measures that prevent the need for it. This table is evidence of"
                " such measures: for each product that is now at the end of its line, the rules that preferred to ship"
                " it."
            ),
            say(
                "Sold are units that were decided to ship in the period and not taken back since. On hand and blocked"
                " are the units of today."
            ),
        ],
        headings=[
            say("SKU"),
            say("category"),
            say("sold"),
            say("of these left"),
            say("on hand now"),
            say("blocked now"),
            say("rules that pushed it"),
        ],
        rows=[
            [
                item.sku,
                item.category,
                cells.units(item.sku, item.sold),
                cells.units(item.sku, item.shipped),
                cells.units(item.sku, item.on_hand),
                cells.units(item.sku, item.blocked),
                "; ".join(
                    say(
                        "{rule}: units {units}, active since {since}, first decision {first}",
                        rule=rule.rule,
                        units=cells.units(item.sku, rule.units),
                        since=cells.instant(rule.active_since) or "-",
                        first=cells.instant(rule.first_decision_at),
                    )
                    for rule in item.rules
                ),
            ]
            for item in report.end_of_line
        ],
        numbers=frozenset(range(2, 6)),
    )


def rule_changes(report: EvidenceReportRecord, cells: Cells) -> Section:
    return Section(
        name="rule-changes",
        title=say("Rules that changed"),
        remarks=[
            say(
                "Each rule that differs from the version that decided before; of the first version that was ever"
                " active, each rule. Its effect: of the period's decisions under the new version, from then until"
                " another one became active, those in which it fired."
            )
        ],
        headings=[
            say("from when on"),
            say("version"),
            say("rule"),
            say("change"),
            say("before"),
            say("now"),
            say("by"),
            say("note"),
            say("approved by"),
            say("decisions"),
            say("fired"),
        ],
        rows=[
            [
                cells.instant(item.at),
                item.version if cells.plain else item.version[:SHORT],
                item.rule,
                say(item.kind),
                "\n".join(item.gone),
                "\n".join(item.added),
                item.by,
                item.note,
                ", ".join(item.approved_by) or (say("nobody, by an override") if item.without_approval else ""),
                cells.number(item.decisions),
                cells.number(item.fired),
            ]
            for item in report.rule_changes
        ],
        numbers=frozenset({9, 10}),
    )
