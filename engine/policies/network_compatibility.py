"""Makes sure that the policies that decide fit the loaded network, whichever of the two changes last.

Checking the one against the other takes time, in which the other may change. So a change says which version of the
other it was checked against, and if that is another version by now, nothing is changed, and it is checked again.
"""

import contextlib
from collections.abc import Callable, Collection, Iterator

from engine.decide.network_fit import Attribute, Fit, attributes_of, fit, mentions_skus, words_of
from engine.errors import InputInvalid, Mistake, NotActivated, PolicyUnreadable
from engine.model.facts import Network
from engine.policies.review import SHORT, network_mistakes
from engine.store import policy_versions
from engine.store.connection.client import Client
from engine.store.keys import Keys
from engine.store.network import load, read
from engine.store.outcomes import NetworkChanged, TimelineOutcome
from engine.store.policy_versions import StoredTimeline
from rules.policy import PolicySet
from rules.syntax.close_words import KeptWords

NOT_ACTIVATED = "it was not activated; what is active stays so"


class NetworkCompatibility:
    """Checks the policies of one network against it. `clock` answers UTC seconds."""

    def __init__(self, client: Client, keys: Keys, *, clock: Callable[[], int]) -> None:
        self._client = client
        self._keys = keys
        self._clock = clock
        self._network: Network | None = None
        """As it was read last."""
        self._skus: tuple[str, KeptWords] | None = None
        """Those of the network of a version, as they were read last."""

    def fit(self, policies: PolicySet) -> Fit:
        """How `policies` fit the loaded network. Without findings, if none is loaded."""
        network = self._read_network()
        skus = self._read_skus(network) if network and mentions_skus(policies) else None
        return self._fit(policies, network, skus)

    def product_words(self) -> dict[str, Collection[str]]:
        """The words of the loaded network's products, by fact, SKUs included."""
        skus = read.read_skus(self._client, self._keys)
        return {**read.read_product_values(self._client, self._keys), "product.sku": skus}

    def words(self) -> dict[str, Collection[str]]:
        """The words of the loaded network and its products, by fact, but for SKUs; none if no network is loaded."""
        network = self._read_network()
        return words_of(network, read.read_product_values(self._client, self._keys)) if network else {}

    def attributes(self) -> dict[str, Attribute]:
        """The extra attributes that the loaded network declares, by the path of their fact."""
        network = self._read_network()
        return attributes_of(network) if network else {}

    def currency(self) -> str:
        """That of the loaded network; empty if none is loaded."""
        network = self._read_network()
        return network.currency if network else ""

    def change_timeline(self, version: str, change: Callable[[str], TimelineOutcome]) -> TimelineOutcome:
        """Make `version` active or schedule it, by calling `change` with the network version that it was checked
        against, which is empty if no network is loaded. If another network was loaded meanwhile, `version` is checked
        against that one and `change` is called again. Returns what became of it.

        Raises NotActivated if the version does not fit or this release can't read it, NotFound, NotReady, Contended.
        """
        for _ in range(load.MOST_TRIES):
            outcome = change(self._checked_network_version(version))
            if not isinstance(outcome, NetworkChanged):
                return outcome
        raise load.loaded_over_and_over()

    def verify_network(self, network: Network) -> tuple[str, ...]:
        """Raise InputInvalid if policies that are active or scheduled do not fit `network`, which is to be loaded.
        Returns which policies were checked, as `StoredTimeline.entries`.
        """
        timeline = policy_versions.stored_timeline(self._client, self._keys)
        mistakes: list[Mistake] = []
        for policies in self._deciding_sets(timeline):
            mistakes += network_mistakes(policies, network)
        if mistakes:
            raise InputInvalid(mistakes)
        return timeline.entries

    def _read_network(self) -> Network | None:
        """As it is now: a large one takes a third of a second to read, so it is read again only if it is another."""
        if self._network is None or self._network.version != read.read_version(self._client, self._keys):
            self._network = read.read_network(self._client, self._keys)
        return self._network

    def _read_skus(self, network: Network) -> KeptWords:
        """Those of the network's products, read again only if it is another."""
        if self._skus is None or self._skus[0] != network.version:
            words = KeptWords(read.read_skus(self._client, self._keys))
            if read.read_version(self._client, self._keys) != network.version:
                return words
            self._skus = network.version, words
        return self._skus[1]

    def _deciding_sets(self, timeline: StoredTimeline) -> Iterator[PolicySet]:
        """The sets that decide now or are scheduled to. One that can't be read never decides, in whatever network: the
        one before it goes on deciding.
        """
        now, seen = self._clock(), set[str]()
        due = [version for since, version in timeline.scheduled if since <= now]
        for version in filter(None, [*reversed(due), timeline.active]):
            with contextlib.suppress(PolicyUnreadable):
                seen.add(version)
                yield policy_versions.read_set(self._client, self._keys, version)
                break
        canary = [timeline.canary.rpartition(":")[2]] if timeline.canary else []
        later = (version for since, version in timeline.scheduled if since > now)
        for version in dict.fromkeys((*canary, *later)):
            with contextlib.suppress(PolicyUnreadable):
                if version not in seen:
                    yield policy_versions.read_set(self._client, self._keys, version)

    def _checked_network_version(self, version: str) -> str:
        """The version of the loaded network, which policy version `version` fits; empty if none is loaded. Raises
        NotActivated if it does not fit.
        """
        network = self._read_network()
        try:
            errors = self._fit(policy_versions.read_set(self._client, self._keys, version), network).errors
        except PolicyUnreadable as error:
            raise NotActivated(f"{error}\n{NOT_ACTIVATED}") from error
        if errors:
            lines = "\n".join(map(str, errors))
            raise NotActivated(
                f"policy version {version[:SHORT]} does not fit the network loaded now:\n{lines}\n{NOT_ACTIVATED}"
            )
        return network.version if network else ""

    def _fit(self, policies: PolicySet, network: Network | None, skus: Collection[str] | None = None) -> Fit:
        """Without `skus`, those of rules are not checked."""
        if network is None:
            return Fit()
        product_words = read.read_product_values(self._client, self._keys)
        return fit(policies, network, product_words if skus is None else {**product_words, "product.sku": skus})
