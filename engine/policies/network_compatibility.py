"""Policies and a network that decide together fit each other, whichever of them comes second.

To hold one against the other takes its time, and meanwhile the other may change. So what changes says what it was
checked against, and nothing is changed if that is another by then: it is checked again.
"""

import contextlib
from collections.abc import Callable, Iterator

from engine.decide.network_fit import Fit, fit
from engine.errors import InputInvalid, Mistake, NotActivated, PolicyUnreadable
from engine.model.facts import Network
from engine.policies.review import SHORT, misfits
from engine.store import policy_versions
from engine.store.connection.client import Client
from engine.store.keys import Keys
from engine.store.network import load, read
from engine.store.outcomes import NetworkChanged, TimelineOutcome
from engine.store.policy_versions import StoredTimeline
from rules.policy import PolicySet

STAYS = "it was not activated; what is active stays so"


class Pairing:
    """The policies and the network of one network's name. `clock` answers UTC seconds."""

    def __init__(self, client: Client, keys: Keys, *, clock: Callable[[], int]) -> None:
        self._client = client
        self._keys = keys
        self._clock = clock

    def fit(self, found: PolicySet) -> Fit:
        """What is to be said of policies in the network that is loaded; nothing, where none is."""
        loaded = read.read_network(self._client, self._keys)
        return self._fit_in(found, loaded)

    def change(self, version: str, made: Callable[[str], TimelineOutcome]) -> None:
        """Let `made` make a version decide, given the network version that it fits, or nothing where none is loaded.
        It is called again, with what is loaded then, for as long as the network is another by then.

        Raises NotActivated if it does not fit or this release does not read it, NotFound, NotReady, Contended.
        """
        for _ in range(load.MOST_TRIES):
            if not isinstance(made(self._fitted(version)), NetworkChanged):
                return
        raise load.loaded_over_and_over()

    def verify(self, loaded: Network) -> tuple[str, ...]:
        """Raise InputInvalid if policies that decide or are scheduled could not mean what they say in a network that
        is to be loaded; what they were, as `StoredTimeline.entries`.
        """
        stored = policy_versions.stored_timeline(self._client, self._keys)
        mistakes: list[Mistake] = []
        for found in self._deciding(stored):
            mistakes += misfits(found, loaded)
        if mistakes:
            raise InputInvalid(mistakes)
        return stored.entries

    def _deciding(self, stored: StoredTimeline) -> Iterator[PolicySet]:
        """The sets that decide from now on. One that can't be read decides nothing, in whatever network: it leaves it
        to the one before it.
        """
        now, seen = self._clock(), set[str]()
        due = [version for since, version in stored.scheduled if since <= now]
        for version in filter(None, [*reversed(due), stored.active]):
            with contextlib.suppress(PolicyUnreadable):
                seen.add(version)
                yield policy_versions.read_set(self._client, self._keys, version)
                break
        for version in dict.fromkeys(version for since, version in stored.scheduled if since > now):
            with contextlib.suppress(PolicyUnreadable):
                if version not in seen:
                    yield policy_versions.read_set(self._client, self._keys, version)

    def _fitted(self, version: str) -> str:
        """The version of the network loaded, which the policies fit."""
        loaded = read.read_network(self._client, self._keys)
        try:
            errors = self._fit_in(policy_versions.read_set(self._client, self._keys, version), loaded).errors
        except PolicyUnreadable as error:
            raise NotActivated(f"{error}\n{STAYS}") from error
        if errors:
            said = "\n".join(map(str, errors))
            raise NotActivated(
                f"policy version {version[:SHORT]} does not fit the network loaded now:\n{said}\n{STAYS}"
            )
        return loaded.version if loaded else ""

    def _fit_in(self, found: PolicySet, loaded: Network | None) -> Fit:
        return fit(found, loaded, read.read_product_values(self._client, self._keys)) if loaded else Fit()
