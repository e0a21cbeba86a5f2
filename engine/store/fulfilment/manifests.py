"""Stores manifests: what carriers' drivers took along."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import msgspec
import orjson

from engine.fulfilment.printing.print_job import PrintJob
from engine.model.parcels import Manifest, PackedShipment
from engine.store.connection.client import Client, faults
from engine.store.fulfilment.shipments import StoredText
from engine.store.fulfilment.stored_shipment import ManifestBody, StoredManifest, open_packings, stored, stored_manifest
from engine.store.holds import Operation
from engine.store.keys import Keys
from engine.store.outcomes import OperationReused
from engine.store.script_keys import CLOSE_MANIFEST

GO_ON_AFTER: Final = 120
"""Seconds after which another process confirms what is on a manifest, if the one that closed it did not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedManifest:
    """By this request, or (`again`) by an earlier one under the same operation."""

    id: str
    again: bool


@dataclass(frozen=True, slots=True)
class ManifestDiffers:
    """Nothing was written: a shipment is not as it was read, or another manifest has the id."""


ManifestOutcome: TypeAlias = ClosedManifest | ManifestDiffers | OperationReused


class Manifests:
    """The manifests of one network."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._script = client.script("fulfilment/close_manifest")

    def find(self, name: str) -> Manifest | None:
        with faults():
            text = self._client.redis.hget(self._keys.manifests, name)
        return None if text is None else StoredManifest.decode(text).manifest(name)

    def all(self) -> Mapping[str, Manifest]:
        """By id."""
        with faults():
            texts = self._client.redis.hgetall(self._keys.manifests)
        return {name.decode(): StoredManifest.decode(text).manifest(name.decode()) for name, text in texts.items()}

    def unconfirmed(self, now: int) -> list[str]:
        """Ids of those of which not all was confirmed, and whoever closed them is not at it any more."""
        with faults():
            names = self._client.redis.zrangebyscore(self._keys.unconfirmed_manifests, "-inf", now)
        return [name.decode() for name in names]

    def note_confirmed(self, name: str) -> None:
        """All of it was confirmed, as far as it can be."""
        with faults():
            self._client.redis.zrem(self._keys.unconfirmed_manifests, name)

    def close(
        self,
        manifest: Manifest,
        shipments: Sequence[tuple[StoredText, PackedShipment]],
        jobs: Sequence[PrintJob],
        operation: Operation,
        *,
        micros: int,
    ) -> ManifestOutcome:
        """Close it, if its shipments are as they were read; each as it is from then on stands beside. `micros` are
        the instant's UTC microseconds.
        """
        keys = self._keys
        script_keys = CLOSE_MANIFEST.keys(
            keys,
            operation=keys.operation(about_manifest(manifest.node), operation.name),
            print_queue=keys.print_queue(manifest.node),
        )
        request: dict[str, Any] = {
            "id": manifest.id,
            "after": stored_manifest(manifest).encode(),
            "shipments": [(str(after.key), before.text, stored(after).encode()) for before, after in shipments],
            "open_gone": [
                name
                for before, after in shipments
                if before.shipment is not None
                for name in open_packings(after.key, stored(before.shipment))
                if name not in open_packings(after.key, stored(after))
            ],
            "print": [[job.id, job.text] for job in jobs],
            "details": msgspec.json.encode(ManifestBody(manifest=stored_manifest(manifest))).decode(),
            "now": str(manifest.closed_at),
            "micros": str(micros),
            "node": manifest.node,
            "operation": operation.request,
            "answer": manifest.id,
            "seconds": operation.seconds,
        }
        if manifest.confirms:
            request["go_on_at"] = manifest.closed_at + GO_ON_AFTER
        with faults():
            answer = self._script(keys=script_keys, args=[orjson.dumps(request)])
        match answer:
            case b"done" | b"again" as word, name:
                return ClosedManifest(id=name.decode(), again=word == b"again")
            case (b"reused",):
                return OperationReused()
        return ManifestDiffers()


def about_manifest(node: str) -> str:
    """What operations on the manifests of a node are stored by."""
    return f"manifest:{node}"
