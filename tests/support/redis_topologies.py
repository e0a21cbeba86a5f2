"""Starts servers on loopback for a test: a Redis Cluster, a primary with replicas, Sentinels."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import redis

from engine.store.connection.embedded import _binary
from tests.support.free_port import HOST, free_port
from tests.support.wait_until import wait_until

SLOTS = 16_384
NODE_TIMEOUT = 1_500
"""Milliseconds after which a node of a cluster that does not answer is replaced."""


def binary() -> str:
    """The server program: the embedded one or, if it is set, the one that the environment variable SEVERAL_BY names."""
    return os.environ.get("SEVERAL_BY") or str(_binary())


class Node:
    """One server process."""

    def __init__(self, data: Path, *options: str) -> None:
        self.port = free_port()
        self._data = data
        self._options = options
        self.start()

    def start(self) -> None:
        self._data.mkdir(parents=True, exist_ok=True)
        options = ["--bind", HOST, "--port", str(self.port), "--dir", str(self._data), "--save", "", *self._options]
        options += ["--repl-diskless-sync-delay", "0"]  # by default it waits for further replicas
        self.process = subprocess.Popen([binary(), *options], stdout=subprocess.DEVNULL)
        wait_until(self._answers, f"the server on port {self.port} answers")

    @property
    def client(self) -> redis.Redis:
        return redis.Redis(host=HOST, port=self.port, decode_responses=True, retry=None, socket_timeout=2)

    def ask(self, *words: object) -> object:
        with self.client as client:
            return client.execute_command(*words)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def _answers(self) -> bool:
        with contextlib.suppress(redis.RedisError):
            return self.ask("PING") is not None
        return False


@contextlib.contextmanager
def nodes(data: Path, count: int, *options: str) -> Iterator[list[Node]]:
    """So many servers, which are killed when the block ends."""
    started: list[Node] = []
    try:
        started.extend(Node(data / f"node-{number}", *options) for number in range(count))
        yield started
    finally:
        for node in started:
            node.kill()


@contextlib.contextmanager
def cluster(data: Path) -> Iterator[list[Node]]:
    """Three primaries, then the replica of each."""
    options = ("--cluster-enabled", "yes", "--cluster-node-timeout", str(NODE_TIMEOUT), "--appendonly", "yes")
    with contextlib.ExitStack() as opened:
        made = [
            opened.enter_context(nodes(data / f"member-{number}", 1, *options, "--cluster-port", str(free_port())))[0]
            for number in range(6)
        ]
        primaries, replicas = made[:3], made[3:]
        for number, node in enumerate(primaries):
            node.ask("CLUSTER", "ADDSLOTSRANGE", SLOTS * number // 3, SLOTS * (number + 1) // 3 - 1)
        for number, node in enumerate(made):
            node.ask("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
        buses = {node.port: _bus(node) for node in made}
        for node in made[1:]:
            made[0].ask("CLUSTER", "MEET", HOST, node.port, buses[node.port])
        wait_until(lambda: all(_known_nodes(node) == 6 for node in made), "all nodes know each other")
        for primary, replica in zip(primaries, replicas, strict=True):
            replica.ask("CLUSTER", "REPLICATE", primary.ask("CLUSTER", "MYID"))
        wait_until(lambda: all(is_well(node) for node in made), "the cluster is well")
        wait_until(lambda: all(is_linked(node) for node in replicas), "the replicas have their primaries' data")
        wait_until(lambda: all(_knows_replicas(node) for node in made), "all nodes know each other's replicas")
        yield made


def _bus(node: Node) -> int:
    with node.client as client:
        return int(client.config_get("cluster-port")["cluster-port"])


def _known_nodes(node: Node) -> int:
    """How many nodes it knows, without those it has not completed a handshake with."""
    with node.client as client:
        return sum("handshake" not in other["flags"] for other in client.execute_command("CLUSTER NODES").values())


def is_well(node: Node) -> bool:
    with node.client as client:
        return client.execute_command("CLUSTER INFO")["cluster_state"] == "ok"


def _knows_replicas(node: Node) -> bool:
    with node.client as client:
        return all(len(servers) == 2 for _, _, *servers in client.execute_command("CLUSTER SLOTS"))


def is_linked(node: Node) -> bool:
    with node.client as client:
        info = client.info("replication")
    return info["role"] == "slave" and info["master_link_status"] == "up"


SERVICE = "stock"
_SENTINEL = """
port {port}
bind 127.0.0.1
dir {data}
sentinel monitor {service} 127.0.0.1 {primary} 2
sentinel down-after-milliseconds {service} 800
sentinel failover-timeout {service} 3000
"""


class Watcher:
    """One Sentinel process."""

    def __init__(self, data: Path, primary: int) -> None:
        data.mkdir()
        self.port = free_port()
        config = data / "sentinel.conf"
        config.write_text(_SENTINEL.format(port=self.port, data=data, service=SERVICE, primary=primary))
        self.process = subprocess.Popen([binary(), str(config), "--sentinel"], stdout=subprocess.DEVNULL)
        wait_until(self._answers, f"the sentinel on port {self.port} answers")

    @property
    def state(self) -> dict[str, Any]:
        with redis.Redis(host=HOST, port=self.port, decode_responses=True, retry=None) as client:
            return client.sentinel_master(SERVICE)

    def names(self, node: Node) -> bool:
        """Whether it names this node as the primary."""
        return int(self.state["port"]) == node.port

    def _answers(self) -> bool:
        with contextlib.suppress(redis.RedisError):
            return bool(self.state)
        return False


@contextlib.contextmanager
def watched(data: Path) -> Iterator[tuple[list[Node], list[Watcher]]]:
    """A primary and its replica, and three Sentinels that watch them."""
    with nodes(data / "servers", 2, "--appendonly", "yes") as (primary, replica):
        replica.ask("REPLICAOF", HOST, primary.port)
        wait_until(lambda: is_linked(replica), "the replica has its primary's data")
        watchers: list[Watcher] = []
        try:
            watchers.extend(Watcher(data / f"sentinel-{number}", primary.port) for number in range(3))
            wait_until(lambda: all(_knows_all(watcher) for watcher in watchers), "the sentinels know each other")
            yield [primary, replica], watchers
        finally:
            for watcher in watchers:
                watcher.process.kill()
                watcher.process.wait()


def _knows_all(watcher: Watcher) -> bool:
    state = watcher.state
    return (int(state["num-other-sentinels"]), int(state["num-slaves"])) == (2, 1)
