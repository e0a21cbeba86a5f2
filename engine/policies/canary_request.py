"""What is asked of a canary, and what is wrong with it: its share, its bounds, the figures that are watched. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.errors import InputInvalid, Mistake
from engine.model.order_share import SHARES
from rules.errors import LiteralInvalid
from rules.gate import GATE_FIGURES, Bound, GateFigure
from rules.syntax.close_words import closest
from rules.syntax.gate_parser import bound

USUAL_LEAST = 100
"""Orders from which on the bounds of a canary count, unless it says otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryRequest:
    """A version that is to decide a `share` of the orders, in ten-thousandths. `stop_if` are bounds as they are
    written, `late > +2%`; `watch` the figures that are shown.
    """

    version: str
    share: int
    stop_if: Sequence[str]
    watch: Sequence[str] = ()
    least_orders: int = USUAL_LEAST


def parsed_bounds(texts: Sequence[str]) -> list[Bound]:
    """The bounds that texts such as `late > +2%` write. Raises InputInvalid with every mistake."""
    bounds: list[Bound] = []
    mistakes: list[Mistake] = []
    for text in texts:
        figure, sign, amount = (part.strip() for part in text.partition(">"))
        if not sign or figure not in GATE_FIGURES:
            meant = closest(figure, GATE_FIGURES)
            message = f"'{text}' is no bound; write for example 'late > +2%', of {', '.join(GATE_FIGURES)}"
            if meant and figure not in GATE_FIGURES:
                message = f"'{text}' is no bound: there is no figure '{figure}'; did you mean '{meant}'?"
            mistakes.append(Mistake(field="stop_if", message=message))
            continue
        if any(its.figure == figure for its in bounds):
            mistakes.append(
                Mistake(field="stop_if", message=f"'{text}': there is a bound of {figure} already; give one")
            )
            continue
        try:
            bounds.append(bound(figure, amount))
        except LiteralInvalid as error:
            mistakes.append(Mistake(field="stop_if", message=str(error)))
    if mistakes:
        raise InputInvalid(mistakes)
    return bounds


def verify_currency(bounds: Sequence[Bound], currency: str) -> None:
    others = [its for its in bounds if its.currency not in ("", currency)]
    if currency and others:
        raise InputInvalid(
            [
                Mistake(field="stop_if", message=f"'{its.text}' is in {its.currency}, the network counts in {currency}")
                for its in others
            ]
        )


def watched_figures(watch: Sequence[str], bounds: Sequence[Bound]) -> list[GateFigure]:
    """The figures that are shown: those asked for and those that have a bound; all, if none is."""
    unknown = [name for name in watch if name not in GATE_FIGURES]
    if unknown:
        known = ", ".join(GATE_FIGURES)
        raise InputInvalid([Mistake(field="watch", message=f"'{unknown[0]}' is no figure; it may be one of {known}")])
    wanted = {*watch, *(its.figure for its in bounds)} if watch else set(GATE_FIGURES)
    return [figure for figure in GATE_FIGURES if figure in wanted]


def verify_share(share: int) -> None:
    if not 0 < share <= SHARES:
        raise InputInvalid([Mistake(field="share", message="a share is above 0% and at most 100%, as 5% or 0.5%")])
