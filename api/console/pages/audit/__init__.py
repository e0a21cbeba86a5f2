"""Audit: who did what and who read what, proof that nobody changed it, and evidence of a period."""

from api.console.console import Console
from api.console.navigation import Part, Section
from api.console.pages.audit import accesses, entries, evidence, sealing
from api.language.current import text

SECTION = Section(
    name="audit",
    title=text("Audit"),
    operations=("entries_page", "audit_checkpoint"),
    parts=(
        Part(name="", title=text("Who did what"), operations=("entries_page",)),
        Part(name="accesses", title=text("Who read what"), operations=("accesses_page",)),
        Part(name="checkpoint", title=text("Checkpoint"), operations=("audit_checkpoint",)),
        Part(name="verify", title=text("Verify an export"), operations=("audit_checkpoint",)),
        Part(name="evidence", title=text("Evidence"), operations=("evidence_report",)),
    ),
)


def add_to(console: Console) -> None:
    """Its pages."""
    for part in (entries, accesses, sealing, evidence):
        part.add_to(console)
