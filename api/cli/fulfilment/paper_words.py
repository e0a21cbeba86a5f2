"""What papers are called in messages."""

from collections.abc import Mapping

from engine.fulfilment.printing.print_job import Paper

PAPER_WORDS: Mapping[Paper, str] = {
    "label": "label",
    "note": "dispatch note",
    "manifest": "manifest",
    "return_label": "return label",
}
