"""Why a label is not valid any more, in the words that are stored with it: also when its carrier gave nothing back."""

from engine.errors import CarrierHasNoSuch, CarrierRefused, GivenBackInPart, PointsmanError


def not_taken_back(error: CarrierRefused | CarrierHasNoSuch, carrier: str) -> str:
    """The carrier was asked to take the label back and does not."""
    match error:
        case GivenBackInPart():
            return str(error)
        case CarrierRefused():
            return error.summary
    return f"carrier '{carrier}' takes no label back"


def not_answered(error: PointsmanError) -> str:
    """The carrier did not say whether it takes the label back, and is not waited for any longer."""
    return f"not known to be given back, ask the carrier for it: {error}"


def with_reason(because: str, why: str) -> str:
    """Why it is not valid, and what became of giving it back; that is said once, however often it is asked."""
    if why in because:
        return because
    return f"{because}; {why}" if because else why
