"""Every key name. All keys of a network share the hash tag {network}, and so one slot of a cluster."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one network; with `staged`, those of what a load of that name brings in beside them."""

    network: str
    staged: str = ""
    everything: str = field(init=False, repr=False)
    """What every key of the network starts with."""

    def __post_init__(self) -> None:
        beside = f"staged:{self.staged}:" if self.staged else ""
        object.__setattr__(self, "everything", f"{{{self.network}}}:{beside}")

    def _named(self, *parts: str) -> str:
        return self.everything + ":".join(parts)

    @property
    def facts(self) -> str:
        """Hash: `version` and `body` of the network file, and `words`, what may be said of its products. Also `rests`,
        an instant after which no node rests: so long as that is to come, `resting` has to be read. While the network
        is being loaded (see loads.py), also the name of the `load`, and the version that it `becomes`.
        """
        return self._named("facts")

    @property
    def todo(self) -> str:
        """List: of a load, + and each SKU whose stock is to be brought in still, - and each that has none any more."""
        return self._named("todo")

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

    def base(self, sku: str) -> str:
        """Hash: node to `units entry`: what was on hand right after that entry of the log, the first that moved it
        since it was last said how much there is. What the log says came and went since must add up to what is there.
        """
        return self._named("base", sku)

    def stamp(self, sku: str) -> str:
        """Hash: node to `kind number units`: the newest message that said how much there is. `t` is UTC microseconds,
        `s` the source's own sequence.
        """
        return self._named("stamp", sku)

    def movements(self, day: str) -> str:
        """Hash: operation id to what it moved, of the movements applied on `day` of UTC."""
        return self._named("movements", day)

    def load(self, day: str) -> str:
        """Hash: node to shipments given to it on `day`, a date of the installation."""
        return self._named("load", day)

    def hold(self, hold_id: str) -> str:
        """Hash: `until`, `caller`, `day` (whose load it counts in) and, by the number of each shipment that still
        holds, JSON [node, service, [[SKU, units], ...]]. It exists while the hold lives.
        """
        return self._named("hold", hold_id)

    @property
    def hold_prefix(self) -> str:
        return self._named("hold", "")

    @property
    def expiring(self) -> str:
        """Sorted set: hold id by the instant it ends."""
        return self._named("expiring")

    @property
    def endings(self) -> str:
        """Hash: hold id to how and when each of its shipments ended: `confirmed:1795770000 - released:1795770060`."""
        return self._named("endings")

    @property
    def open_holds(self) -> str:
        """Hash: caller to holds that live."""
        return self._named("open")

    def operation(self, decision: str, name: str) -> str:
        """String: what was asked of a hold under this name, and what was answered."""
        return self._named("operation", decision, name)

    @property
    def backlog(self) -> str:
        """Hash: decision id to its entry, JSON of the order and what of it still waits for stock."""
        return self._named("backlog")

    def chain(self, first: str) -> str:
        """List: the decisions that decided again what was left of decision `first`, or of one of them."""
        return self._named("chain", first)

    @property
    def rejections(self) -> str:
        """Hash: `decision number` of a shipment to JSON {line: units}, what its node rejected of it so far."""
        return self._named("rejections")

    @property
    def resting(self) -> str:
        """Hash: node to `until rest`: nothing is given to it until then; JSON of why. Those that are over may be there
        yet: the next rest that begins clears them away.
        """
        return self._named("resting")

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
    def never_written(self) -> str:
        """A string that never is: what asks whether writes are taken writes nothing into it."""
        return self._named("never")

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
    def policy_operations(self) -> str:
        """Hash: operation id to what it did, which version first: `activated VERSION 0`."""
        return self._named("policies", "acts")
