"""Every key name. All keys of a network share the hash tag {network}, and so one slot of a cluster."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one network."""

    network: str

    def _named(self, *parts: str) -> str:
        return ":".join(["{" + self.network + "}", *parts])

    @property
    def everything(self) -> str:
        """What every key of the network starts with."""
        return self._named("")

    @property
    def facts(self) -> str:
        """Hash: `version` and `body` of the network file, and `words`, what may be said of its products."""
        return self._named("facts")

    @property
    def products(self) -> str:
        """Hash: SKU to product, with its pace of sale by node."""
        return self._named("products")

    def on_hand(self, sku: str) -> str:
        """Hash: node to units."""
        return self._named("on_hand", sku)

    def held(self, sku: str) -> str:
        """Hash: node to units; a node without holds has no field."""
        return self._named("held", sku)

    @property
    def held_prefix(self) -> str:
        return self._named("held", "")

    def load(self, day: str) -> str:
        """Hash: node to shipments given to it on `day`, a date of the installation."""
        return self._named("load", day)

    def hold(self, hold_id: str) -> str:
        """String: JSON list of [SKU, node, units]. It exists while the hold lives."""
        return self._named("hold", hold_id)

    @property
    def hold_prefix(self) -> str:
        return self._named("hold", "")

    @property
    def expiring(self) -> str:
        """Sorted set: hold id by the instant it ends."""
        return self._named("expiring")

    @property
    def log(self) -> str:
        """Stream: what was decided and what ended, in order."""
        return self._named("log")

    @property
    def decisions(self) -> str:
        """Hash: decision id to its entry in the log."""
        return self._named("decisions")

    def idempotency(self, caller: str, key: str) -> str:
        """String: the decision that a caller's key stands for."""
        return self._named("key", caller, key)

    @property
    def policies(self) -> str:
        """Hash: version to the files of a policy set. Written once each."""
        return self._named("policies")

    @property
    def active_policy(self) -> str:
        """String: the version that decides, unless one that was scheduled is due."""
        return self._named("policies", "active")

    @property
    def scheduled_policies(self) -> str:
        """Sorted set: `instant:version` by the instant from which it decides. One an instant."""
        return self._named("policies", "scheduled")

    @property
    def policies_before(self) -> str:
        """List: the versions that were active before the active one and to which one may go back, the last one last."""
        return self._named("policies", "before")

    @property
    def policy_history(self) -> str:
        """Stream: who published or activated what, when and why."""
        return self._named("policies", "history")

    @property
    def policy_acts(self) -> str:
        """Hash: operation id to what it did, which version first: `activated VERSION 0`."""
        return self._named("policies", "acts")
