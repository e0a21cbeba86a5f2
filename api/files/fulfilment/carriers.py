"""What network.yaml says of carriers: its shape, what is read of it, and mistakes that show when it is compared."""

import difflib
import ipaddress
import re
from collections.abc import Iterator, Mapping
from typing import Any, get_args
from urllib.parse import urlsplit

from marshmallow import ValidationError, fields, validate, validates_schema

from api.files.fulfilment.shapes import PaperName
from api.shapes.base import Strict
from api.shapes.fields import Literal, Word
from engine.fulfilment.carriers.number_kinds import FORMS
from engine.fulfilment.carriers.number_ranges import form_of
from engine.model.carriers import CarrierAccount, CarrierDoor, CarrierTracking, NumberRange
from engine.model.facts import Network
from engine.model.parcels import LabelFormat
from rules.syntax import literals

_ID = re.compile(r"[a-z][a-z0-9_-]{0,39}", re.ASCII)
_PRODUCTS: Mapping[str, str] = {
    "sendcloud": "postnl:standard",
    "easypost": "USPS/GroundAdvantage",
    "karrio": "ups_standard",
}
"""By door, what its products are called."""
_PARTS = ("account", "service", "country")


class NumberRangeShape(Strict):
    """Its parts are texts: numbers in quotation marks keep their zeros."""

    kind = fields.String(required=True, validate=validate.OneOf(list(FORMS)))
    first = Literal(literals.count, data_key="from", required=True)
    last = Literal(literals.count, data_key="to", required=True)
    account = fields.String()
    service = fields.String()
    country = fields.String()

    @validates_schema
    def _is_of_its_kind(self, data: dict[str, Any], **_: Any) -> None:
        if "kind" not in data:
            return
        form = FORMS[data["kind"]]
        for name in _PARTS:
            part = form.fields.get(name)
            if part is None and name in data:
                raise ValidationError(f"numbers of the kind '{data['kind']}' have none; leave it out", name)
            if part is not None and not re.fullmatch(part.pattern, data.get(name, ""), re.ASCII):
                raise ValidationError(f"write {part.words}, in quotation marks", name)
        if data.get("last", 0) > form.most:
            raise ValidationError(f"serials of the kind '{data['kind']}' go up to {form.most}", "to")
        if data.get("last", 0) < data.get("first", 0):
            raise ValidationError("the range must end where it begins, or later", "to")


def _is_carrier_url(text: str) -> None:
    """https://, or http:// to this machine itself."""
    try:
        parts = urlsplit(text)
        plain = not (parts.username or parts.password or parts.query or parts.fragment) and parts.port != 0
    except ValueError:
        raise ValidationError("this is no URL") from None
    if not (parts.hostname and plain and text.isascii() and text.isprintable() and " " not in text):
        raise ValidationError("write https://, the host and where it is there, without user, query and fragment")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(parts.hostname)):
        raise ValidationError("it must be https://, as it is sent a key; http:// is for this machine itself")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class CarrierShape(Strict):
    id = fields.String(
        required=True,
        validate=validate.Regexp(
            rf"{_ID.pattern}\Z", error="write 1 to 40 small letters, digits, hyphens and underscores, a letter first"
        ),
    )
    door = fields.String(required=True, validate=validate.OneOf(get_args(CarrierDoor)))
    ranges = fields.List(fields.Nested(NumberRangeShape), validate=validate.Length(min=1))
    url = fields.String(validate=_is_carrier_url)
    contract = Word()
    name = PaperName()
    label_format = fields.String(validate=validate.OneOf(get_args(LabelFormat)))
    tracking = fields.String(validate=validate.OneOf(get_args(CarrierTracking)))

    @validates_schema
    def _has_what_its_door_needs(self, data: dict[str, Any], **_: Any) -> None:
        door = data.get("door")
        if (door == "numbers") is not ("ranges" in data) and door is not None:
            raise ValidationError(
                "write the ranges of tracking numbers that the carrier gave"
                if door == "numbers"
                else f"'{door}' gives tracking numbers by itself; ranges are of the door 'numbers'",
                "ranges",
            )
        for name in ("url", "contract"):
            if door == "numbers" and name in data:
                raise ValidationError("a carrier of the door 'numbers' is never asked; leave it out", name)
        if door == "karrio" and "url" not in data:
            raise ValidationError("write where your Karrio is, as https://karrio.example.com", "url")
        if door == "sendcloud" and not re.fullmatch("[0-9]{1,12}", data.get("contract", "0")):
            raise ValidationError("write the contract's number at Sendcloud", "contract")


def carriers_of(data: list[dict[str, Any]]) -> dict[str, CarrierAccount]:
    """Of what the shape has read."""
    accounts = (
        CarrierAccount(ranges=tuple(NumberRange(**item) for item in entry.pop("ranges", ())), **entry) for entry in data
    )
    return {account.id: account for account in accounts}


def carrier_mistakes(root: Mapping[str, Any], network: Network) -> Iterator[tuple[tuple[str, ...], str]]:
    """Duplicates, ranges that overlap, and services whose carrier needs to be told which product: the keys that lead to
    each, and what is wrong there.
    """
    duplicates = list(_duplicates(root))
    yield from duplicates or _overlaps(root, network)
    for index, entry in enumerate(root["services"]):
        account = network.carriers.get(entry.get("carrier", ""))
        where = ("services", str(index), "carrier_product")
        if account is not None and account.sells_labels and "carrier_product" not in entry:
            yield where, f"write which of the products of '{account.id}' it is, as {_PRODUCTS[account.door]}"
        if account is None and "carrier_product" in entry:
            near = difflib.get_close_matches(entry.get("carrier", ""), network.carriers, n=1)
            hint = f"; did you mean carrier: {near[0]}?" if near else ""
            yield where, f"it is for a `carrier` that stands under carriers{hint}"
    yield from _return_mistakes(network)


def _return_mistakes(network: Network) -> Iterator[tuple[tuple[str, ...], str]]:
    """Of the carrier that brings returns back."""
    terms = network.returns
    account = network.carriers.get(terms.carrier)
    product = ("returns", "carrier_product")
    if account is None:
        if terms.carrier:
            near = difflib.get_close_matches(terms.carrier, network.carriers, n=1)
            hint = f"; did you mean '{near[0]}'?" if near else "; write it there"
            yield ("returns", "carrier"), f"'{terms.carrier}' does not stand under carriers{hint}"
        elif terms.carrier_product:
            yield product, "it is for a `carrier` of returns; write that beside it"
        return
    if account.door == "sendcloud":
        message = "Sendcloud sells no labels of returns here; name a carrier of another door, or leave it out"
        yield ("returns", "carrier"), message
    elif account.sells_labels and not terms.carrier_product:
        yield product, f"write which of the products of '{account.id}' it is, as {_PRODUCTS[account.door]}"
    elif terms.carrier_product and not account.sells_labels:
        yield product, f"'{account.id}' is never asked; leave it out"
    if network.parcels is None:
        message = "its labels have an SSCC; write parcels: {gs1_prefix: ...} with your GS1 company prefix"
        yield ("returns", "carrier"), message


def _duplicates(root: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Two may not be the same in the names of settings either, where hyphens are underscores."""
    seen: dict[str, str] = {}
    for index, entry in enumerate(root.get("carriers") or ()):
        name = entry["id"].replace("-", "_")
        if name in seen:
            message = (
                "stands here a second time" if seen[name] == entry["id"] else f"has the settings of '{seen[name]}'"
            )
            yield ("carriers", str(index), "id"), f"'{entry['id']}' {message}"
        seen.setdefault(name, entry["id"])


def _overlaps(root: Mapping[str, Any], network: Network) -> Iterator[tuple[tuple[str, ...], str]]:
    seen: dict[str, list[NumberRange]] = {}
    for index, entry in enumerate(root.get("carriers") or ()):
        for number, numbers in enumerate(network.carriers[entry["id"]].ranges):
            others = seen.setdefault(form_of(numbers), [])
            if any(numbers.first <= other.last and other.first <= numbers.last for other in others):
                yield ("carriers", str(index), "ranges", str(number), "from"), "it overlaps a range that stands before"
            others.append(numbers)
