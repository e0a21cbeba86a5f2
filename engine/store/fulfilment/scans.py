"""Events of parcels as they are stored. Where they happened may say where a customer lives, so it is encrypted under
the order's key: erasing the order forgets it.
"""

import base64
from collections.abc import Iterable

import orjson

from engine.model.tracking import Scan
from engine.store.entry_codec.errors import BodyDamaged
from engine.store.entry_codec.order_key import decrypt, encrypt


class ScanCodec:
    """Of the parcels of one order, whose key has the `secret`; None: it was destroyed, and no place is kept."""

    def __init__(self, secret: bytes | None) -> None:
        self._secret = secret

    def encode(self, sscc: str, scans: Iterable[Scan]) -> str:
        """They are to be read of the same parcel alone."""
        return orjson.dumps([self._encode(sscc, scan) for scan in scans]).decode()

    def decode(self, sscc: str, text: bytes | None) -> tuple[Scan, ...]:
        """What was encoded, without places if the key was destroyed. Raises BodyDamaged."""
        try:
            return tuple(self._decode(sscc, item) for item in orjson.loads(text or b"[]"))
        except (ValueError, TypeError) as error:
            raise BodyDamaged(f"the events of parcel {sscc} can't be read") from error

    def _encode(self, sscc: str, scan: Scan) -> list[str | int]:
        where = ""
        if self._secret is not None and (scan.town or scan.country):
            text = orjson.dumps([scan.town, scan.country])
            where = base64.b64encode(encrypt(text, sscc.encode(), self._secret)).decode()
        return [scan.id, scan.state, scan.at, scan.heard_at, where]

    def _decode(self, sscc: str, item: list[str | int]) -> Scan:
        scan_id, state, at, heard, where = item
        town = country = ""
        if self._secret is not None and where:
            town, country = orjson.loads(decrypt(base64.b64decode(str(where)), sscc.encode(), self._secret))
        return Scan(id=str(scan_id), state=state, at=int(at), heard_at=int(heard), town=town, country=country)  # type: ignore[arg-type]  # as it was encoded
