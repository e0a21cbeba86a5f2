"""What the states of parcels that a carrier has are called."""

from api.language.current import text
from engine.model.tracking import TrackingState

TRACKING_WORDS: dict[TrackingState, str] = {
    "pending": text("nothing heard yet"),
    "info_received": text("announced to the carrier"),
    "in_transit": text("on its way"),
    "out_for_delivery": text("out for delivery"),
    "attempt_fail": text("delivery attempt failed"),
    "available_for_pickup": text("ready for pick-up"),
    "exception": text("held up"),
    "expired": text("not heard of for long"),
    "returned": text("returned to its sender"),
    "delivered": text("delivered"),
}
