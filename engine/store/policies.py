"""Published policy versions, the one that decides, and who said so."""

from collections.abc import Iterator, Mapping

import orjson

from engine.errors import NotFound
from engine.store.client import Client, faults
from engine.store.keys import Keys


def publish(client: Client, keys: Keys, version: str, texts: Mapping[str, str], act: Mapping[str, str]) -> bool:
    """Store a set under its version; False if it was there already. `act` says who, when, why."""
    with faults(), client.redis.pipeline(transaction=True) as write:
        write.hsetnx(keys.policies, version, orjson.dumps(dict(texts)))
        write.xadd(keys.policy_history, {"act": "published", "version": version, **act})
        return bool(write.execute()[0])


def activate(client: Client, keys: Keys, version: str, act: Mapping[str, str]) -> None:
    """Let `version` decide from now on; raises NotFound if it was never published."""
    with faults():
        if not client.redis.hexists(keys.policies, version):
            raise NotFound(f"no policy version {version} was published")
        with client.redis.pipeline(transaction=True) as write:
            write.set(keys.active_policy, version)
            write.xadd(keys.policy_history, {"act": "activated", "version": version, **act})
            write.execute()


def texts(client: Client, keys: Keys, version: str) -> dict[str, str]:
    """The files of a version, by name; raises NotFound."""
    with faults():
        body = client.redis.hget(keys.policies, version)
    if body is None:
        raise NotFound(f"no policy version {version} was published")
    return dict(orjson.loads(body))


def versions(client: Client, keys: Keys) -> list[str]:
    """Every published version, sorted."""
    with faults():
        return sorted(version.decode() for version in client.redis.hkeys(keys.policies))


def active(client: Client, keys: Keys) -> str | None:
    with faults():
        version = client.redis.get(keys.active_policy)
    return None if version is None else version.decode()


def history(client: Client, keys: Keys) -> Iterator[dict[str, str]]:
    """Who published or activated what, when and why, oldest first."""
    with faults():
        entries = client.redis.xrange(keys.policy_history)
    for _, fields in entries:
        yield {name.decode(): value.decode() for name, value in fields.items()}
