"""The sections of an evidence report as tables: headings and cells in the language of the command."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from api.cli.language.current import say, say_number, text
from api.cli.output.times import Times
from api.shapes.quantities import Quantities
from engine.audit.evidence.record import EvidenceReportRecord
from engine.policies.review import SHORT

Row = Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A table of the report: `name` is that of its file, `remarks` are sentences above it. `numbers` are the columns
    whose cells are numbers, from 0.
    """

    name: str
    title: str
    remarks: Sequence[str]
    headings: Sequence[str]
    rows: Sequence[Row]
    numbers: frozenset[int] = frozenset()
    total: Row | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """How numbers and instants are shown: to people, or plainly, as programs read them."""

    times: Times
    quantities: Quantities
    plain: bool

    def instant(self, text: str | None) -> str:
        return "" if text is None else text if self.plain else self.times(text)

    def number(self, value: int) -> str:
        return str(value) if self.plain else say_number(f"{value:,}")

    def scaled(self, value: int, digits: int, shown: int) -> str:
        """A number of 10**-digits, rounded half up to `shown` decimals for people; whole for programs."""
        if self.plain:
            whole, rest = divmod(value, 10**digits)
            return f"{whole}.{rest:0{digits}}".rstrip("0").rstrip(".")
        rounded = (value + 10 ** (digits - shown) // 2) // 10 ** (digits - shown)
        whole, rest = divmod(rounded, 10**shown)
        return say_number(f"{whole:,}.{rest:0{shown}}" if shown else f"{whole:,}")

    def units(self, sku: str, units: int) -> str:
        shown = self.quantities.show_units(sku, units)
        return str(shown) if self.plain or not isinstance(shown, int) else say_number(f"{shown:,}")


def sections(report: EvidenceReportRecord, cells: Cells) -> list[Section]:
    return [make(report, cells) for make in _SECTIONS]


def _emissions(report: EvidenceReportRecord, cells: Cells) -> Section:
    sums = report.emissions
    return Section(
        name="emissions",
        title=say("Greenhouse gas emissions of transport"),
        remarks=list(_emission_remarks(report, cells)),
        headings=[
            say("mode"),
            say("service"),
            say("shipments"),
            say("mass (t)"),
            say("transport activity (tkm)"),
            say("transport (kg CO2e)"),
            say("last mile (kg CO2e)"),
            say("in all (kg CO2e)"),
            say("intensity (g CO2e/tkm)"),
            say("of these left: shipments"),
            say("of these left: kg CO2e"),
        ],
        rows=[
            [
                item.mode,
                item.service,
                cells.number(item.shipments),
                cells.scaled(item.weight_g, 6, 3),
                cells.scaled(item.activity, 9, 1),
                cells.scaled(item.transport_mg, 6, 3),
                cells.scaled(item.last_mile_mg, 6, 3),
                cells.scaled(item.co2, 6, 3),
                "" if item.intensity is None else cells.scaled(item.intensity, 3, 1),
                cells.number(item.shipments_left),
                cells.scaled(item.co2_left_mg, 6, 3),
            ]
            for item in sums.services
        ],
        numbers=frozenset(range(2, 11)),
        total=_emission_total(report, cells),
    )


def _emission_total(report: EvidenceReportRecord, cells: Cells) -> Row | None:
    services = report.emissions.services
    if not services:
        return None
    activity, co2 = sum(item.activity for item in services), sum(item.co2 for item in services)
    return [
        say("in all"),
        "",
        cells.number(sum(item.shipments for item in services)),
        cells.scaled(sum(item.weight_g for item in services), 6, 3),
        cells.scaled(activity, 9, 1),
        cells.scaled(sum(item.transport_mg for item in services), 6, 3),
        cells.scaled(sum(item.last_mile_mg for item in services), 6, 3),
        cells.scaled(co2, 6, 3),
        cells.scaled(co2 * 1_000_000_000 // activity, 3, 1) if activity else "",
        cells.number(sum(item.shipments_left for item in services)),
        cells.scaled(sum(item.co2_left_mg for item in services), 6, 3),
    ]


def _factors(report: EvidenceReportRecord, cells: Cells) -> Section:
    return Section(
        name="emission-factors",
        title=say("Emission intensities and where they are from"),
        remarks=[],
        headings=[say("mode"), say("service"), say("factor (g CO2e/tkm)"), say("source, as the network file names it")],
        rows=[
            [
                item.mode,
                item.service,
                ", ".join(cells.scaled(factor, 3, 1) for factor in item.factors_mg_per_tonne_km),
                "\n".join(item.sources) or say("no source is named"),
            ]
            for item in report.emissions.services
        ],
        numbers=frozenset({2}),
    )


def _emission_remarks(report: EvidenceReportRecord, cells: Cells) -> Iterator[str]:
    yield say(
        "Calculated by EN ISO 14083:2023, which the Regulation on the accounting of greenhouse gas emissions of"
        " transport services (CountEmissionsEU) takes as its method: well-to-wheel emissions in CO2 equivalents,"
        " transport activity times emission intensity, and the last mile; allocated by tonne-kilometres."
    )
    yield say(
        "Every factor is a modelled or default value from the network file; where a carrier's measured value (primary"
        " data) stands behind it, its source says so. Operations of hubs, such as warehouses, are not in these figures."
    )
    yield say(
        "Of {decisions} decisions. A shipment that was decided again elsewhere counts each time it was decided; what"
        " has left counts once.",
        decisions=cells.number(report.emissions.decisions),
    )
    if report.emissions.not_calculated:
        yield say(
            "{count} decisions are left out: their network or products are not kept any more.",
            count=cells.number(report.emissions.not_calculated),
        )
    if report.emissions.contradictory:
        yield say(
            "{count} decisions are left out: their record contradicts their network or products, so it may have been"
            " altered, or this release has a mistake. pointsman ledger check says whether the log was altered.",
            count=cells.number(report.emissions.contradictory),
        )
    if report.emissions.differing:
        yield say(
            "Of {count} decisions, the calculation does not add up to what was recorded.",
            count=cells.number(report.emissions.differing),
        )


def _end_of_line(report: EvidenceReportRecord, cells: Cells) -> Section:
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


def _rule_changes(report: EvidenceReportRecord, cells: Cells) -> Section:
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


def _overridden(report: EvidenceReportRecord, cells: Cells) -> Section:
    return Section(
        name="overridden-safety-stock",
        title=say("Decisions that overrode a safety stock"),
        remarks=[say("A rule that keeps or protects stock was silenced by another rule.")],
        headings=[say("logged"), say("decision"), say("order"), say("silenced"), say("by rules")],
        rows=[
            [cells.instant(item.at), item.decision, item.order, ", ".join(item.silenced), ", ".join(item.by_rules)]
            for item in report.overridden_reserves
        ],
    )


_BECAUSE = {
    "rejected": text("a place rejected it"),
    "stock": text("stock came"),
    "amended": text("the order was amended"),
}
"""Why a decision was made again."""


def _follow_ups(report: EvidenceReportRecord, cells: Cells) -> Section:
    return Section(
        name="decided-again",
        title=say("Orders that were decided again"),
        remarks=[],
        headings=[say("logged"), say("decision"), say("order"), say("why"), say("by")],
        rows=[
            [cells.instant(item.at), item.decision, item.order, say(_BECAUSE[item.because]), item.by or ""]
            for item in report.follow_ups
        ],
    )


def _manual(report: EvidenceReportRecord, cells: Cells) -> Section:
    return Section(
        name="by-hand",
        title=say("Done by hand, and repairs"),
        remarks=[
            say(
                "What came from the command line, and approvals, withdrawals, ended rests and repairs wherever they"
                " came from. What a person had another program do over HTTP has that program's name in the log."
            )
        ],
        headings=[say("logged"), say("entry"), say("what"), say("id"), say("by")],
        rows=[[cells.instant(item.at), item.entry, say(item.kind), item.id, item.by or ""] for item in report.manual],
    )


def _personal_reads(report: EvidenceReportRecord, cells: Cells) -> Section:
    return Section(
        name="reads-of-personal-data",
        title=say("Reads of personal data"),
        remarks=[say("By the access log, as far back as it is kept (POINTSMAN_KEEP_ACCESSES).")],
        headings=[say("by"), say("operation or command"), say("reads"), say("records read")],
        rows=[
            [item.by or "", item.what, cells.number(item.reads), cells.number(item.records)]
            for item in report.personal_reads
        ],
        numbers=frozenset({2, 3}),
    )


_SECTIONS: Sequence[Callable[[EvidenceReportRecord, Cells], Section]] = (
    _emissions,
    _factors,
    _end_of_line,
    _rule_changes,
    _overridden,
    _follow_ups,
    _manual,
    _personal_reads,
)
