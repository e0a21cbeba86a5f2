"""What milestones, and causes for which promises are at risk, are called."""

from api.language.current import text
from engine.model.milestones import Milestone, RiskCause

CAUSE_WORDS: dict[RiskCause, str] = {
    "not_released": text("not released yet"),
    "not_picked": text("not picked yet"),
    "not_packed": text("not packed yet"),
    "not_handed_over": text("not handed over yet"),
    "receipt_late": text("its receipt is late"),
    "receipt_short": text("its receipt is short"),
    "in_transit_late": text("not delivered yet"),
    "lost": text("nothing was heard of it for long"),
}
MILESTONE_WORDS: dict[Milestone, str] = {
    "released": text("released to be prepared"),
    "picked": text("picked"),
    "packed": text("packed"),
    "handed_over": text("handed over"),
}
