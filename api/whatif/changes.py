"""What a what-if changes of the network: read from what a job keeps, and how a variant is called."""

from collections.abc import Iterator

from api.language.current import say
from engine.errors import InputInvalid, Mistake
from engine.model.facts import Inventory, Network
from engine.simulation.job import JobChange
from engine.simulation.network_change import NO_CHANGE, NetworkChange, OtherNetwork


def change_of(network: Network, sent: JobChange, inventory: Inventory | None) -> NetworkChange:
    """The change of a job; `network` is that which is there now, and `inventory` what the drafts have in its place. Its
    fields are named as those of a request. Raises InputInvalid.
    """
    other = None
    if sent.network is not None and inventory is not None:
        other = other_network(sent.network.name, inventory)
        if message := other_currency(other, network):
            raise InputInvalid([Mistake(field="network_file", message=message)])
    change = NetworkChange(
        other=other, closures=sent.closures, cut_offs=sent.cut_offs, strikes=sent.strikes, volume=sent.volume
    )
    change.verify(network)
    return change


def other_network(name: str, inventory: Inventory) -> OtherNetwork:
    """The network of a folder, in the place of the logged one."""
    return OtherNetwork(name=name, network=inventory.network, stock=inventory.stock, paces=inventory.paces)


def other_currency(other: OtherNetwork, network: Network) -> str:
    """Why costs on two networks can't be compared; nothing if they can."""
    if other.network.currency == network.currency:
        return ""
    return say(
        "{folder} counts in {theirs}, and the log in {ours}; costs of both can't be compared",
        folder=other.name,
        theirs=other.network.currency,
        ours=network.currency,
    )


def name_of(change: NetworkChange) -> str:
    """How a variant is called that changes nothing but this."""
    return ", ".join(_phrases(change))


def _phrases(change: NetworkChange) -> Iterator[str]:
    if change.other is not None:
        yield say("network of {folder}", folder=change.other.name)
    for item in change.closures:
        yield say("{node} closed", node=item.node)
    for node, minutes in change.cut_offs.items():
        yield say("cut-off of {node} at {time}", node=node, time=f"{minutes // 60:02}:{minutes % 60:02}")
    for name in change.strikes:
        yield say("{name} on strike", name=name)
    if change.volume != NO_CHANGE.volume:
        yield say("{percent}% of the orders", percent=change.volume)
