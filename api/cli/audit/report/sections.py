"""The tables of an evidence report, in their order."""

from collections.abc import Callable, Sequence

from api.cli.audit.report.cells import Cells, Section
from api.cli.audit.report.emissions import emissions, factors
from api.cli.audit.report.exceptions import follow_ups, manual, overridden, personal_reads
from api.cli.audit.report.rules import end_of_line, rule_changes
from engine.audit.evidence.record import EvidenceReportRecord


def sections(report: EvidenceReportRecord, cells: Cells) -> list[Section]:
    return [make(report, cells) for make in _SECTIONS]


_SECTIONS: Sequence[Callable[[EvidenceReportRecord, Cells], Section]] = (
    emissions,
    factors,
    end_of_line,
    rule_changes,
    overridden,
    follow_ups,
    manual,
    personal_reads,
)
