"""A return of which it was decided what becomes of some units, and why: in sentences."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.audit.explanation.wording import Wording
from engine.model.facts import Network
from engine.returns.placement.statements import statements
from engine.returns.placing import PlacedUnits
from engine.returns.return_state import ReturnState
from rules.policy import PolicySet
from rules.wording.catalogue import load_catalogue


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedInWords:
    """So many units of a group that go the same way, and why. `gain` is how many micros one of them gains at `node`
    more than where it lay; None where it is put in stock nowhere.
    """

    group: int
    sku: str
    units: int
    disposition: str | None
    node: str
    gain: int | None
    why: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DisposedReturn:
    """`placed` is empty if the request came before, and was answered as it was then."""

    state: ReturnState
    placed: Sequence[PlacedUnits] = ()
    network: Network
    policies: PolicySet | None = None

    def in_words(self, language: str) -> list[PlacedInWords]:
        """In a language that has a catalogue."""
        if self.policies is None:
            return []
        wording = Wording(catalogue=load_catalogue(language), network=self.network, policies=self.policies)
        return [
            PlacedInWords(
                group=item.group,
                sku=item.placement.sku,
                units=item.units,
                disposition=item.placement.disposition.word if item.placement.disposition is not None else None,
                node=item.placement.node,
                gain=None if item.placement.because == "leaves" else item.placement.gain,
                why=[wording.sentence(one) for one in statements(item.placement)],
            )
            for item in self.placed
        ]
