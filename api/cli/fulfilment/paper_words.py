"""What papers and the states of print jobs are called."""

from collections.abc import Mapping

from api.language.current import text
from engine.fulfilment.printing.print_job import JobState, Paper

PAPER_WORDS: Mapping[Paper, str] = {
    "label": text("label"),
    "note": text("dispatch note"),
    "manifest": text("manifest"),
    "return_label": text("return label"),
}
STATE_WORDS: Mapping[JobState, str] = {
    "queued": text("to be printed"),
    "printed": text("printed"),
    "dead": text("given up"),
}
