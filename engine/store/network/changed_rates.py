"""Puts how often services were on time into the network, as it was counted."""

from dataclasses import replace

from engine.model.facts import Network
from engine.store.connection.client import Client
from engine.store.keys import Keys
from engine.store.network.change import change_network
from engine.store.network.on_time_rates import Rates, with_rates


def change_rates(client: Client, keys: Keys, network: Network, rates: Rates, *, now: int) -> bool:
    """Put the rates into the network as it was read; False if another one is loaded by now."""
    services = {name: with_rates(service, rates.get(name, {})) for name, service in network.services.items()}
    details = {"before": network.version, "on_time": sum(len(nodes) for nodes in rates.values())}
    return change_network(client, keys, network, replace(network, services=services), details=details, now=now)
