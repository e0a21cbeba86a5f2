"""The tables of an evidence report about emissions of transport."""

from collections.abc import Iterator

from api.cli.audit.report.cells import Cells, Row, Section
from api.language.current import say
from engine.audit.evidence.record import EvidenceReportRecord


def emissions(report: EvidenceReportRecord, cells: Cells) -> Section:
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


def factors(report: EvidenceReportRecord, cells: Cells) -> Section:
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
