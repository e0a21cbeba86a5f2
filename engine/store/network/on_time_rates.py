"""How often services were on time, as the network has it; kept when a network is loaded again."""

from collections.abc import Mapping
from dataclasses import replace

import orjson

from engine.model.facts import Inventory, Network, Service
from engine.store.connection.client import Client, faults
from engine.store.keys import Keys
from engine.store.network.serialization import inventory_version

Rates = Mapping[str, Mapping[str, Mapping[str, int]]]
"""By service, node and country, basis points."""


def rates_of(network: Network) -> Rates:
    return {name: service.on_time for name, service in network.services.items() if service.on_time}


def with_rates(network: Network, rates: Rates) -> Network:
    """The network with these rates in place of those that it has."""
    services = {name: _with(service, rates.get(name, {})) for name, service in network.services.items()}
    return network if services == network.services else replace(network, services=services)


def with_on_time_rates(client: Client, keys: Keys, inventory: Inventory) -> Inventory:
    """The inventory with the rates of the network that is there, for those of its services and nodes that it has."""
    with faults():
        body = client.redis.hget(keys.facts, "body")
    if body is None or b'"on_time"' not in body:
        return inventory
    network = inventory.network
    rates = {
        item["id"]: {node: rate for node, rate in item["on_time"].items() if node in network.nodes}
        for item in orjson.loads(body)["services"]
        if "on_time" in item
    }
    merged = replace(inventory, network=with_rates(network, rates))
    if merged.network is network:
        return inventory
    return replace(merged, network=replace(merged.network, version=inventory_version(merged)))


def _with(service: Service, rates: Mapping[str, Mapping[str, int]]) -> Service:
    return service if service.on_time == rates else replace(service, on_time=rates)
