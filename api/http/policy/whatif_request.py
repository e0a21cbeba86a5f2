"""What a caller sends to have a what-if made, checked in shape and read into what a job keeps."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, get_args

from marshmallow import ValidationError, fields, validate

from api.http.access.caller import caller
from api.http.blueprint import language_asked_for
from api.http.policy.upload import MOST_FILES, MOST_LETTERS, read_files
from api.http.requests.batch import SentAsIs
from api.shapes.base import Strict
from api.shapes.fields import Instant, Literal, WholeNumber, Word, decimal_number
from api.shapes.order import OrderRequest
from api.whatif.network_texts import FILES
from api.whatif.sent_orders import MOST_ORDERS
from engine.actor import author
from engine.errors import InputInvalid, Mistake
from engine.model.timetable import DAY
from engine.service import Pointsman
from engine.simulation.job import WAYS, JobChange, JobDraft, JobNetwork, JobRequest
from engine.simulation.network_change import Closure
from engine.simulation.rolled.stretches import BeginsAgain
from rules.syntax import literals
from rules.wording.catalogue import available_languages

_USUAL_PERIOD = 28 * 86_400
"""Seconds."""
_MOST_DRAFTS = 20
_MOST_SHOWN = 100
_MOST_WEIGHED = 1_000
_USUALLY_SHOWN, _USUALLY_WEIGHED = 3, 20
_LONGEST_SWEEP = 1_000
_MOST_CHANGES = 100
_MOST_WORKERS = 256
_HUNDREDTHS = 100
_LARGEST_VOLUME = 9_999
"""In hundredths."""
_OF_LOGGED_DECISIONS = {"since": "from", "until": "to", "workers": "workers", "begin_again": "begin_again"}
"""What says nothing of orders that are sent, by the name of its field."""


class WhatIfDraftRequest(Strict):
    """Either the texts of policy files by name, or a published version."""

    name = fields.String(
        validate=validate.Length(1, MOST_LETTERS), metadata={"description": "by default the version's"}
    )
    files = fields.Dict(keys=fields.String(), values=fields.String(), validate=validate.Length(1, MOST_FILES))
    version = fields.String(metadata={"description": "a published version, or the only one that begins so"})


class WhatIfClosureRequest(Strict):
    """A place from which nothing leaves that is decided in this time, or ever."""

    node = Word(required=True)
    since = Instant(data_key="from", load_default=None)
    until = Instant(data_key="to", load_default=None, metadata={"description": "before this instant"})


class WhatIfNetworkRequest(Strict):
    """The files of a network folder."""

    name = fields.String(
        load_default="network_file",
        validate=validate.Length(1, MOST_LETTERS),
        metadata={"description": "how the result calls it"},
    )
    files = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        required=True,
        metadata={
            "description": f"the text of each, by name: {', '.join(FILES[:-1])} and, if there is one, {FILES[-1]}"
        },
    )


class Volume(fields.Field[int]):
    """A factor above 0 with at most two decimals, to hundredths."""

    def __init__(self, **options: Any) -> None:
        described = {"type": ["number", "string"], "exclusiveMinimum": 0, "maximum": _LARGEST_VOLUME / _HUNDREDTHS}
        super().__init__(**{**options, "metadata": {**described, **options["metadata"]}})

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:
        hundredths = decimal_number(value) * _HUNDREDTHS
        if hundredths != hundredths.to_integral_value() or not 0 < hundredths <= _LARGEST_VOLUME:
            most = Decimal(_LARGEST_VOLUME) / _HUNDREDTHS
            raise ValidationError(f"{value} is no factor such as 1.3 or 0.8, up to {most}, with at most two decimals")
        return int(hundredths)


class WhatIfRequest(Strict):
    """What is to be tried, and on the decisions of which time or on which orders."""

    drafts = fields.List(
        fields.Nested(WhatIfDraftRequest),
        load_default=list,
        validate=validate.Length(0, _MOST_DRAFTS),
        metadata={
            "description": "without any, the policies compared with are tried on the network as it is changed",
        },
    )
    against = fields.String(
        load_default="active", metadata={"description": "the version that the drafts are compared with"}
    )
    since = Instant(data_key="from", load_default=None, metadata={"description": "by default 28 days before the end"})
    until = Instant(data_key="to", load_default=None, metadata={"description": "before this instant; by default now"})
    show = WholeNumber(
        0,
        _MOST_SHOWN,
        load_default=None,
        metadata={"description": "how many of the worst and of the best are explained"},
    )
    weigh = WholeNumber(
        0,
        _MOST_WEIGHED,
        load_default=None,
        metadata={"description": "in how many of its last decisions each rule is left out, to see whether it decided"},
    )
    sweep = fields.String(
        load_default=None,
        validate=validate.Length(1, _LONGEST_SWEEP),
        metadata={"description": "tries the one draft with each of these numbers: RULE.EFFECT=FROM..TO:STEP"},
    )
    way = fields.String(
        load_default=None,
        allow_none=False,
        validate=validate.OneOf(WAYS),
        metadata={
            "description": "each decision alone, on the stock as it was, which is the default; or one after another, on"
            " the stock as the draft left it"
        },
    )
    begin_again = fields.String(
        load_default=None,
        allow_none=False,
        validate=validate.OneOf(get_args(BeginsAgain)),
        metadata={"description": "rolled forward, each of these begins again from the logged stock, side by side"},
    )
    workers = WholeNumber(
        1,
        _MOST_WORKERS,
        load_default=None,
        metadata={"description": "in how many processes, at most as many as the service gives a what-if"},
    )
    close = fields.List(
        fields.Nested(WhatIfClosureRequest),
        load_default=list,
        validate=validate.Length(0, _MOST_CHANGES),
        metadata={"description": "places from which nothing leaves"},
    )
    cut_off = fields.Dict(
        keys=Word(),
        values=Literal(literals.time, most=DAY - 1, example="17:00"),
        load_default=dict,
        validate=validate.Length(0, _MOST_CHANGES),
        metadata={
            "description": "by node, another time for all of its services that have a cut-off",
            "example": {"paris": "17:00"},
        },
    )
    strike = fields.List(
        Word(),
        load_default=list,
        validate=validate.Length(0, _MOST_CHANGES),
        metadata={"description": "services, and carriers with all of theirs, that there are not"},
    )
    volume = Volume(
        load_default=None,
        metadata={"description": "so many times the orders; not in one step", "example": 1.3},
    )
    network_file = fields.Nested(
        WhatIfNetworkRequest,
        load_default=None,
        metadata={
            "description": "another network. Places that the logged one lacks have its stock; with orders, all is tried"
            " on it and on its stock"
        },
    )
    orders = fields.List(
        SentAsIs(OrderRequest),
        load_default=None,
        validate=validate.Length(1, MOST_ORDERS),
        metadata={
            "description": "instead of logged ones: one after another, from the stock of now on",
        },
    )
    lang = fields.String(
        validate=validate.OneOf(available_languages()),
        metadata={
            "description": "of its sentences; if it is left out, Accept-Language says it, and else it is English"
        },
    )

    def __init__(self, *, order_request: OrderRequest, **options: Any) -> None:
        super().__init__(**options)
        self.fields["orders"].inner.nested = order_request  # type: ignore[attr-defined]  # a List's


def job_request(pointsman: Pointsman, body: Mapping[str, Any]) -> JobRequest:
    """Raises InputInvalid, and NotFound of a version. Whether it can be tried is looked at elsewhere."""
    until = pointsman.now + 1 if body["until"] is None else body["until"]
    since = until - _USUAL_PERIOD if body["since"] is None else body["since"]
    mistakes = _contradictions(body, since, until, most_workers=pointsman.settings.whatif.workers)
    drafts = [_draft(pointsman, number, its, mistakes) for number, its in enumerate(body["drafts"])]
    names = [its.name for its in drafts]
    if len(set(names)) < len(names):
        mistakes.append(Mistake(field="drafts", message="two drafts have one name"))
    if mistakes:
        raise InputInvalid(mistakes)
    swept = body["sweep"] is not None
    return JobRequest(
        drafts=drafts,
        against=pointsman.versions.find(body["against"]),
        since=since,
        until=until,
        shown=body["show"] if body["show"] is not None else 0 if swept else _USUALLY_SHOWN,
        weighed=body["weigh"] if body["weigh"] is not None else 0 if swept else _USUALLY_WEIGHED,
        language=language_asked_for(body.get("lang")),
        sweep=body["sweep"] or "",
        way=body["way"] or "one_step",
        begins_again=body["begin_again"],
        workers=body["workers"] or 0,
        change=_change(body),
        orders=body["orders"],
        author=replace(author(), name=caller().name, operation=""),
    )


def _contradictions(body: Mapping[str, Any], since: int, until: int, *, most_workers: int) -> list[Mistake]:
    """What does not go together."""
    mistakes = []
    if since >= until:
        mistakes.append(Mistake(field="from", message="the time ends before it begins"))
    if body["sweep"] and len(body["drafts"]) != 1:
        mistakes.append(Mistake(field="sweep", message="one draft is tried with several numbers; name one"))
    if body["orders"] is not None:
        given = [field for name, field in _OF_LOGGED_DECISIONS.items() if body[name] is not None]
        if body["way"] == "one_step":
            given.append("way")
        message = "orders are decided one after another in one process, and none of the log; leave this out"
        mistakes += [Mistake(field=field, message=message) for field in given]
    elif body["volume"] is not None and body["way"] != "rolled_forward":
        message = "in one step, what orders leave for others makes no difference; say way: rolled_forward"
        mistakes.append(Mistake(field="volume", message=message))
    if body["begin_again"] is not None and body["way"] != "rolled_forward" and body["orders"] is None:
        message = "in one step, each decision is on the logged stock anyhow; say way: rolled_forward"
        mistakes.append(Mistake(field="begin_again", message=message))
    if (body["workers"] or 0) > most_workers:
        message = f"this service gives a what-if at most {most_workers} (POINTSMAN_WHATIF_WORKERS); ask for no more"
        mistakes.append(Mistake(field="workers", message=message))
    mistakes += [
        Mistake(field=f"close.{number}.from", message="the time ends before it begins")
        for number, its in enumerate(body["close"])
        if None not in (its["since"], its["until"]) and its["since"] >= its["until"]
    ]
    return mistakes


def _change(body: Mapping[str, Any]) -> JobChange:
    network, volume = body["network_file"], body["volume"]
    return JobChange(
        network=None if network is None else JobNetwork(name=network["name"], files=network["files"]),
        closures=tuple(Closure(**its) for its in body["close"]),
        cut_offs=body["cut_off"],
        strikes=tuple(dict.fromkeys(body["strike"])),
        volume=_HUNDREDTHS if volume is None else volume,
    )


def _draft(pointsman: Pointsman, number: int, sent: Mapping[str, Any], mistakes: list[Mistake]) -> JobDraft:
    files, version = sent.get("files"), sent.get("version")
    where = f"drafts.{number}"
    if (files is None) == (version is None):
        mistakes.append(Mistake(field=where, message="a draft has either files or a version"))
        return JobDraft(name=f"{number}", files={})
    if version is not None:
        full = pointsman.versions.find(version)
        texts = dict(pointsman.versions.texts(full))
        return JobDraft(name=sent.get("name", full[:12]), files=texts)
    if "name" not in sent:
        mistakes.append(Mistake(field=f"{where}.name", message="a draft of files needs a name"))
    policies = read_files(files, field=f"{where}.files", mistakes=mistakes)
    return JobDraft(name=sent.get("name", f"{number}"), files=policies)
