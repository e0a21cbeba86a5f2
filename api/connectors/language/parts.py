"""Parses `reads`, `sends`, `when` and `answer_to` of a connector's file."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from marshmallow import Schema

from api.connectors.formats.format import FormatOptions
from api.connectors.language.connector import Ask, FieldMapping, Reads, RowTest, Sends
from api.connectors.language.places import Folder, HttpCall, Kafka, OAuth, Pages, Push, Sftp, Signature, Source, Stream
from api.connectors.language.shapes import READS, SENDS, RowTestShape
from api.connectors.language.words import as_read
from api.files.policy_tests.shape_findings import load_shape
from rules.syntax.condition_parser import Notes
from rules.syntax.yaml_document import Node, Path

_SENDING = ("every", "file", "most", "each", "channel", "nodes", "whole", "again_after")
_NESTED = {"oauth": OAuth, "signature": Signature}
_TOGETHER = (
    ("sasl", "user"),
    ("sasl", "password"),
    ("user", "sasl"),
    ("password", "sasl"),
    ("certificate", "key"),
    ("key", "certificate"),
    ("key_password", "key"),
)
"""Keys of a place of Kafka, each with one that it needs."""
_PAGES = ("link", "address", "cursor", "number")


def read_source(raw: Node, notes: Notes) -> Reads | None:
    """From where messages come; None if there is a mistake in it, which is noted."""
    loaded = _loaded(raw, ("reads",), READS, notes)
    if loaded is None:
        return None
    key, values = loaded
    every = {"every": values.pop("every")} if "every" in values else {}
    source = _source(key, values, ("reads",), notes)
    return None if source is None else Reads(source=source, **every)


def send_target(
    raw: Node, notes: Notes, ask_fields: Callable[[Mapping[str, Node], Path], dict[str, FieldMapping]]
) -> Sends | None:
    """Where messages go; None if there is a mistake in it, which is noted. `ask_fields` parses the fields of what is
    asked beforehand.
    """
    loaded = _loaded(raw, ("sends",), SENDS, notes)
    if loaded is None:
        return None
    key, values = loaded
    sending = {name: values.pop(name) for name in _SENDING if name in values}
    asked = values.pop("ask", None)
    target = _source(key, values, ("sends",), notes, method="POST")
    if target is None:
        return None
    ask = None
    if asked is not None and isinstance(target, HttpCall):
        done, fields = asked.pop("done", ""), ask_fields(asked.pop("fields_"), ("sends", "ask", "fields"))
        url = asked.pop("http", target.url)
        call = replace(target, url=url, **{"method": "POST", "errors": "", "busy": target.busy, **asked})
        ask = Ask(call=call, fields=fields, done=done)
    return Sends(target=target, ask=ask, **sending)


def _loaded(
    raw: Node, path: Path, shapes: Mapping[str, type[Schema]], notes: Notes
) -> tuple[str, dict[str, Any]] | None:
    """The one key that says which source it is, and the values by their shape."""
    if not isinstance(raw, dict):
        notes.add(path, "wrong-type", f"a mapping is expected here, with one of {', '.join(shapes)}")
        return None
    keys = [key for key in shapes if key in raw]
    if len(keys) != 1:
        message = f"say with one key what it is: {', '.join(shapes)}"
        notes.add(path, "missing-key" if not keys else "unknown-key", message)
        if not keys:
            for word in raw:
                notes.add((*path, word), "unknown-key", f"unknown key '{word}'", shapes, word)
        return None
    before = len(notes.findings)
    values = load_shape(shapes[keys[0]](), raw, path, notes)
    return None if len(notes.findings) > before else (keys[0], values)


def _source(key: str, values: dict[str, Any], path: Path, notes: Notes, method: str = "GET") -> Source | None:
    match key:
        case "folder":
            return Folder(path=values.pop("folder"), **values)
        case "sftp":
            return _sftp(values, path, notes)
        case "http":
            pages = values.pop("pages", None)
            values |= {name: kind(**values[name]) for name, kind in _NESTED.items() if name in values}
            _verify_since(values, path, notes)
            return HttpCall(
                url=values.pop("http"),
                **{"method": method, **values},
                pages=None if pages is None else _pages(pages, (*path, "pages"), notes),
            )
        case "push":
            return _push(values, path, notes)
        case "kafka":
            return _kafka(values, path, notes)
        case _:
            renamed = {"url": values.pop("server")} if "server" in values else {}
            return Stream(name=values.pop("stream"), **values, **renamed)


def _verify_since(values: Mapping[str, Any], path: Path, notes: Notes) -> None:
    """Note a `first` that nothing asks for; an address that is a secret may do so."""
    texts = [values["http"], values.get("body", "")]
    if "first" in values and all(isinstance(text, str) and "$since" not in text for text in texts):
        message = "'first' says how far $since goes back at first, and neither the address nor the body has $since"
        notes.add((*path, "first"), "bad-value", message)


def _sftp(values: dict[str, Any], path: Path, notes: Notes) -> Sftp | None:
    """`user@host:port/path`; without a port 22, without a path the folder in which one arrives."""
    address = values.pop("sftp")
    user, at, rest = address.rpartition("@")
    place, slash, folder = rest.partition("/")
    host, colon, port = place.partition(":")
    if not at or not user or not host or (colon and not port.isdigit()) or any(sign in host for sign in " \"'"):
        message = f"'{address}' is no place; write user@host/folder, or user@host:2222/folder"
        notes.add((*path, "sftp"), "bad-value", message)
        return None
    if "done" in values and values.get("delete"):
        message = "what was read is renamed into 'done' or deleted, not both; leave out one of the two"
        notes.add((*path, "delete"), "bad-value", message)
    return Sftp(host=host, user=user, port=int(port or 22), path=(folder if slash else "") or ".", **values)


def _kafka(values: dict[str, Any], path: Path, notes: Notes) -> Kafka | None:
    """TLS goes without saying where somebody says who they are, or by which certificates the brokers are known."""
    before = len(notes.findings)
    for needing, needed in _TOGETHER:
        if needing in values and needed not in values:
            notes.add(path, "missing-key", f"'{needed}' is missing: it goes with '{needing}'")
    about_tls = [name for name in ("authority", "certificate") if name in values]
    tls = values.pop("tls", bool(about_tls) or "sasl" in values)
    for name in () if tls else about_tls:
        notes.add((*path, name), "unknown-key", f"'{name}' goes with tls: true")
    topic = values.pop("kafka")
    return None if len(notes.findings) > before else Kafka(topic=topic, tls=tls, **values)


def _pages(values: dict[str, Any], path: Path, notes: Notes) -> Pages | None:
    given = [name for name in _PAGES if name in values]
    if len(given) != 1:
        notes.add(path, "missing-key", f"say by one of {', '.join(_PAGES)} how the next page is asked for")
        return None
    by = given[0]
    parameter = values.get("parameter", values[by] if by == "number" else "")
    total = values.get("total", "")
    return Pages(by=by, path=values[by], parameter=parameter, first=values.get("first", 1), total=total)  # type: ignore[arg-type]


def _push(values: dict[str, Any], path: Path, notes: Notes) -> Push | None:
    if values.pop("push") == "key":
        for name in values:
            notes.add((*path, name), "unknown-key", f"'{name}' goes with push: hmac-sha256")
        return Push()
    for name in ("header", "secret"):
        if name not in values:
            notes.add(
                path, "missing-key", f"'{name}' is missing: the header with the signature, and {{secret}} its word"
            )
            return None
    return Push(**values)


def read_tests(key: str, raw: Node, notes: Notes) -> tuple[RowTest, ...]:
    """What stands below `when` or `must`: values of paths, or what is asked of them."""
    tests = []
    for name, node in (raw if isinstance(raw, dict) else {}).items():
        path: Path = (key, name)
        if isinstance(node, dict):
            values = load_shape(RowTestShape(), node, path, notes)
            if not values:
                continue
            none_of = {"none_of": values.pop("not_")} if "not_" in values else {}
            tests.append(RowTest(at=path, path=as_read(name), **none_of, **values))
        elif isinstance(node, str):
            tests.append(RowTest(at=path, path=as_read(name), one_of=(str(node),)))
        elif isinstance(node, list) and node and all(isinstance(item, str) for item in node):
            tests.append(RowTest(at=path, path=as_read(name), one_of=tuple(map(str, node))))
        else:
            notes.add(path, "wrong-type", "write a value, a list of values, or {not: value}, {known: true}")
    return tuple(tests)


_FORMAT_OF_ANSWER = {"CONTRL": "edifact", "997": "x12"}


def answer_folder(root: Mapping[str, Node], options: FormatOptions, reads: Reads | None, notes: Notes) -> Folder | None:
    """The folder into which acknowledgements are written; None: what is pushed is answered in the response."""
    answers, is_pushed = root.get("answers"), reads is not None and isinstance(reads.source, Push)
    if answers is not None and "answer_to" not in root and not is_pushed:
        notes.add((), "missing-key", "'answer_to' is missing: the folder into which acknowledgements are written")
    if "answer_to" in root and answers is None:
        notes.add(("answer_to",), "unknown-key", "'answer_to' goes with 'answers'")
    wanted = _FORMAT_OF_ANSWER.get(str(answers), options.format)
    if options.format != wanted:
        message = (
            f"{answers} answers {wanted}, and the format is {options.format}: write CONTRL for edifact, 997 for x12,"
            " and leave 'answers' out for any other"
        )
        notes.add(("answers",), "bad-value", message)
    folder = root.get("answer_to")
    return Folder(path=str(folder)) if isinstance(folder, str) else None
