"""The tables of an evidence report about what did not go as usual, and about reads of personal data."""

from api.cli.audit.report.cells import Cells, Section
from api.language.current import say, text
from engine.audit.evidence.record import EvidenceReportRecord


def overridden(report: EvidenceReportRecord, cells: Cells) -> Section:
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
    "late": text("it would have come too late"),
}
"""Why a decision was made again."""


def follow_ups(report: EvidenceReportRecord, cells: Cells) -> Section:
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


def manual(report: EvidenceReportRecord, cells: Cells) -> Section:
    return Section(
        name="by-hand",
        title=say("Done by hand, and repairs"),
        remarks=[
            say(
                "What came from the command line; and, wherever they came from, approvals of orders, orders taken off"
                " the backlog, rests of nodes that a person ended, and repairs of the ledger. What a person had another"
                " program do over HTTP has that program's name in the log."
            )
        ],
        headings=[say("logged"), say("entry"), say("what"), say("id"), say("by")],
        rows=[[cells.instant(item.at), item.entry, say(item.kind), item.id, item.by or ""] for item in report.manual],
    )


def personal_reads(report: EvidenceReportRecord, cells: Cells) -> Section:
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
