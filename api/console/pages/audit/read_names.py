"""What was read, in words: the access log has the ids of operations, and the names of commands."""

from collections.abc import Mapping

from api.language.current import say, text

READS: Mapping[str, str] = {
    "accesses_page": text("the access log"),
    "addressees_show": text("whom an order goes to"),
    "audit_export": text("an export of the log"),
    "backlog_page": text("what waits for stock"),
    "connectors_show_file": text("a file of a connector"),
    "console_sign_in": text("signed in to the console"),
    "console_sign_out": text("signed out of the console"),
    "decisions_page": text("the list of decisions"),
    "decisions_read": text("a decision"),
    "decisions_read_facts": text("the stock that a decision was made on"),
    "events_listed": text("events"),
    "evidence_report": text("the evidence of a period"),
    "explanations_explain": text("why an order ships as it does"),
    "holds_living": text("the list of holds"),
    "holds_show": text("the holds of a decision"),
    "manifests_page": text("a manifest, as PDF"),
    "manifests_show": text("a manifest"),
    "orders_page": text("the list of orders"),
    "orders_show": text("an order"),
    "parcels_label": text("the label of a parcel"),
    "parcels_listed": text("the list of what is packed"),
    "parcels_note": text("a dispatch note"),
    "parcels_show": text("the parcels of a shipment"),
    "policies_read_canary": text("what came of the canary"),
    "policies_read_canary_orders": text("the orders that the canary decided otherwise"),
    "policies_read_shadow": text("what came of the shadow"),
    "policies_read_shadow_orders": text("the orders that the shadow would decide otherwise"),
    "printing_add": text("a paper printed once more"),
    "printing_job": text("a print job"),
    "printing_jobs": text("the list of print jobs"),
    "printing_printers": text("the printers"),
    "printing_retry": text("a print job tried again"),
    "promises_at_risk": text("the shipments at risk"),
    "replays_calculation": text("how the cost of a decision comes about"),
    "replays_replay": text("a decision made again"),
    "rerouting_chain": text("all decisions of an order"),
    "return_labels_make": text("the label of a return, made and printed"),
    "return_labels_show": text("the label of a return"),
    "returns_page": text("the list of returns"),
    "returns_show": text("a return"),
    "tracking_show": text("where a parcel is"),
    "webhooks_dead_letters": text("events that could not be sent"),
    "whatif_begin": text("the decisions that a what-if tries"),
    "whatif_report": text("the report of a what-if"),
    "whatif_show": text("what came of a what-if"),
}
"""By the id of the operation; papers that were printed and who signed in stand there, too."""


def read_name(what: str) -> str:
    """In the reader's words; empty for a command, which says itself what it reads."""
    return say(READS[what]) if what in READS else ""
