"""Loads the files of connectors; every mistake of every file is collected, and raised as one PolicyInvalid."""

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from api.connectors.formats.format import EDI_FORMATS, FormatOptions
from api.connectors.language.connector import Connector, FieldMapping, Lookup, Reads
from api.connectors.language.field_parser import FieldParser
from api.connectors.language.folder_checks import shared_place_findings
from api.connectors.language.format_shapes import FORMATS, format_options
from api.connectors.language.kinds import INBOUND, KINDS, OUTBOUND
from api.connectors.language.parts import answer_folder, read_source, read_tests, send_target
from api.connectors.language.places import Push
from api.connectors.language.sends_checks import JSON, check_sends, note_path_mistakes
from api.connectors.language.shapes import ConnectorShape, LookupFileShape, LookupRowsShape
from api.connectors.language.template_checks import template_mistakes
from api.connectors.language.values import seconds
from api.connectors.language.words import as_read, note_word_mistakes
from api.files.policy_tests.shape_findings import load_shape, note_shape_mistakes
from rules.errors import LiteralInvalid, PolicyInvalid
from rules.syntax.condition_parser import Notes
from rules.syntax.yaml_document import Node, Path, Plain, read_leniently
from rules.wording.catalogue import ENGLISH

_FILE_KEYS = ", ".join(item.data_key or name for name, item in ConnectorShape().fields.items())


def load_connectors(files: Mapping[str, bytes]) -> list[Connector]:
    """The connectors in `files` (contents by name), by name; raises PolicyInvalid with the mistakes of all files."""
    connectors, findings = [], []
    first: dict[str, str] = {}
    for name in sorted(files):
        try:
            connector = load_connector(name, files[name])
        except PolicyInvalid as error:
            findings += error.findings
            continue
        if connector.name in first:
            message = f"'{connector.name}' is the name of {first[connector.name]}, too; give one another"
            findings.append(connector.document.finding(("connector",), "duplicate-connector", message))
        first.setdefault(connector.name, name)
        connectors.append(connector)
    findings += shared_place_findings(connectors)
    if findings:
        raise PolicyInvalid(findings)
    return sorted(connectors, key=lambda connector: connector.name)


def load_connector(file: str, content: bytes) -> Connector:
    """The connector in a file; raises PolicyInvalid with every mistake in it."""
    document = read_leniently(file, content)
    notes = Notes(document=document, findings=list(document.findings))
    root = document.root
    if not isinstance(root, dict):
        notes.add((), "wrong-type", f"a connector's file is a mapping of {_FILE_KEYS}")
        raise PolicyInvalid(notes.findings)
    note_shape_mistakes(ConnectorShape(), ConnectorShape().validate(root), (), notes)
    connector = _Loading(notes, root).connector()
    if notes.findings:
        raise PolicyInvalid(notes.findings)
    return connector


class _Loading:
    """One file while it is loaded. What has the wrong type was noted, and counts as not there."""

    def __init__(self, notes: Notes, root: dict[str, Node]) -> None:
        self._notes = notes
        self._root = root
        self._kind = str(root.get("kind") or "")

    def connector(self) -> Connector:
        self._check_kind()
        reads = read_source(self._root.get("reads"), self._notes) if "reads" in self._root else None
        options, decimal = self._format()
        lookups = self._lookups()
        parser = self._parser(lookups, decimal, options)
        sends = send_target(self._root["sends"], self._notes, parser.outbound) if "sends" in self._root else None
        once = self._paths("once")
        self._check_once(once, reads)
        when, must = (read_tests(key, self._root.get(key), self._notes) for key in ("when", "must"))
        group = self._paths("group")
        source = JSON if reads is None else options
        tested = ((key, tuple(test.path for test in tests)) for key, tests in (("when", when), ("must", must)))
        named = (*tested, ("once", once), ("group", group))
        note_path_mistakes(named, source, self._notes)
        note_word_mistakes(named, options if reads else None, self._notes)
        if sends is not None:
            check_sends(sends, self._kind, self._notes)
            if must:
                self._notes.add(("must",), "unknown-key", "'must' is about what is read: leave it out")
        fields = self._fields(parser, options)
        return Connector(
            name=str(self._root.get("connector")),
            owner=str(self._root.get("owner")),
            because=self._because(),
            kind=self._kind,
            format=replace(options, columns_read=tuple(dict.fromkeys(_paths_of(fields.values())))),
            document=self._notes.document,
            fields=fields,
            reads=reads,
            sends=sends,
            once=once,
            when=when,
            must=must,
            group=group,
            lookups=lookups,
            quarantine=self._quarantine(options),
            answers=self._root.get("answers"),  # type: ignore[arg-type]  # its shape was checked
            answer_to=answer_folder(self._root, options, reads, self._notes),
            answer=self._answer(lookups, reads),
            echo_of=self._paths("echo_of"),
            **self._times(),
        )

    def _check_kind(self) -> None:
        reads, sends = "reads" in self._root, "sends" in self._root
        if reads is sends:
            where, message = (("sends",), "not both") if reads else ((), "one of the two is missing")
            self._notes.add(where, "missing-key", f"a connector either reads or sends: {message}")
        if "kind" not in self._root:
            return
        known = list(INBOUND if reads else OUTBOUND if sends else KINDS)
        if self._kind not in known:
            does = "reads" if reads else "sends" if sends else "reads or sends"
            message = f"'{self._kind}' is nothing that a connector {does}; use {', '.join(known)}"
            self._notes.add(("kind",), "unknown-word", message, known, self._kind)

    def _times(self) -> dict[str, int]:
        """How long messages are remembered, and kept."""
        times = {}
        for key in ("remember", "keep"):
            with contextlib.suppress(LiteralInvalid):  # which its shape says
                if isinstance(raw := self._root.get(key), str):
                    times[key] = seconds(raw)
        return times

    def _because(self) -> dict[str, str]:
        raw = self._root.get("because")
        if isinstance(raw, str):
            return {ENGLISH: str(raw)}
        if not isinstance(raw, dict) or not all(isinstance(text, str) and text for text in raw.values()) or not raw:
            if "because" in self._root:
                message = "say what it is for, as {en: Stock of the shops, fr: Le stock des magasins}"
                self._notes.add(("because",), "wrong-type", message)
            return {}
        return {str(language): str(text) for language, text in raw.items()}

    def _format(self) -> tuple[FormatOptions, str]:
        raw = self._root.get("format")
        name, options = "", {}
        if isinstance(raw, str):
            name = str(raw)
        elif isinstance(raw, dict) and len(raw) == 1:
            (name,) = raw
            options = raw[name] if raw[name] is not None else {}  # type: ignore[assignment]  # its shape is checked below
        elif "format" in self._root:
            self._notes.add(("format",), "wrong-type", "write the name of a format, as csv, or {csv: {delimiter: ;}}")
            return FormatOptions(format="json"), ""
        if name not in FORMATS:
            if "format" in self._root:
                message = f"'{name}' is no format; use {', '.join(FORMATS)}"
                self._notes.add(("format", name), "unknown-word", message, FORMATS, name)
            return FormatOptions(format="json"), ""
        values = load_shape(FORMATS[name](), options, ("format", name), self._notes)
        return format_options(name, values), values.get("decimal", "")

    def _lookups(self) -> dict[str, Lookup]:
        raw = self._root.get("lookups")
        return {name: self._lookup(name, table) for name, table in (raw if isinstance(raw, dict) else {}).items()}

    def _lookup(self, name: str, raw: Node) -> Lookup:
        path: Path = ("lookups", name)
        if isinstance(raw, dict) and "file" in raw:
            return Lookup(at=path, **load_shape(LookupFileShape(), raw, path, self._notes))
        if isinstance(raw, dict) and "rows" in raw and "key" in raw:
            if "reads" in self._root:
                self._notes.add((*path, "rows"), "unknown-key", "'rows' is about a record that is sent")
            values = load_shape(LookupRowsShape(), raw, path, self._notes)
            note_path_mistakes([("lookups", tuple(map(str, values.values())))], JSON, self._notes)
            return Lookup(at=path, **values)
        if not isinstance(raw, dict) or not raw or not all(isinstance(value, str) for value in raw.values()):
            message = "write their words and ours, as {'12': PAR-01}, or {file: stores.csv, key: their, value: ours}"
            self._notes.add(path, "wrong-type", message)
            return Lookup(at=path)
        return Lookup(at=path, entries={str(key): str(value) for key, value in raw.items()})

    def _parser(self, lookups: Mapping[str, Lookup], decimal: str, options: FormatOptions) -> FieldParser:
        source = options if "reads" in self._root else JSON
        return FieldParser(notes=self._notes, lookups=lookups, decimal=decimal, source=source)

    def _fields(self, parser: FieldParser, options: FormatOptions) -> dict[str, FieldMapping]:
        raw = self._root.get("fields")
        if not isinstance(raw, dict):
            return {}
        if self._kind in INBOUND and "reads" in self._root:
            return parser.inbound(self._kind, raw, ("fields",))
        fields = parser.outbound(raw, ("fields",))
        self._check_segments(options, fields)
        return fields

    def _check_segments(self, options: FormatOptions, fields: Mapping[str, FieldMapping]) -> None:
        """EDI is written by a template, whose fields are those of the connector."""
        if options.format == "xlsx":
            self._notes.add(("format",), "bad-value", "workbooks are read, not written; write csv")
        if options.format not in EDI_FORMATS:
            return
        path: Path = ("format", options.format)
        for key, missing in (("envelope", options.envelope is None), ("segments", not options.segments)):
            if missing:
                self._notes.add(path, "missing-key", f"'{key}' is missing: EDI that is sent has one")
        for message in template_mistakes(options.segments, fields):
            self._notes.add((*path, "segments"), "bad-value", message)

    def _answer(self, lookups: Mapping[str, Lookup], reads: Reads | None) -> dict[str, FieldMapping]:
        """The fields of the answer to a question, which is pushed."""
        raw = self._root.get("answer")
        kind = INBOUND.get(self._kind) if "reads" in self._root else None
        if kind is None or not kind.question:
            if "answer" in self._root:
                self._notes.add(("answer",), "unknown-key", f"{self._kind} are no questions, and have no answer")
            return {}
        if not isinstance(raw, dict):
            self._notes.add((), "missing-key", "'answer' is missing: the fields of what is answered")
            return {}
        if reads is not None and not isinstance(reads.source, Push):
            self._notes.add(("reads",), "bad-value", "a question is pushed: write reads: {push: key}")
        return FieldParser(notes=self._notes, lookups=lookups, decimal="", source=JSON).outbound(raw, ("answer",))

    def _paths(self, key: str) -> tuple[str, ...]:
        raw = self._root.get(key)
        items = raw if isinstance(raw, list) else [raw]
        return tuple(as_read(str(item)) for item in items if isinstance(item, str))

    def _check_once(self, once: tuple[str, ...], reads: Reads | None) -> None:
        if reads is None:
            for key in ("once", "group", "quarantine", "answers", "answer_to", "echo_of", "remember", "keep"):
                if key in self._root and "sends" in self._root:
                    self._notes.add((key,), "unknown-key", f"'{key}' is about what is read, and this connector sends")
            return
        kind = INBOUND.get(self._kind)
        if kind is not None and not kind.named and not once:
            message = (
                f"'once' is missing: of {self._kind}, say which fields of theirs are the same whenever a message is"
                " sent again, as once: [Receipt, Line]; without, a file that is sent twice would count twice"
            )
            self._notes.add((), "missing-key", message)

    def _quarantine(self, options: FormatOptions) -> Any:
        """EDI messages are taken over as a whole or not at all, as their acknowledgements can say nothing else."""
        given = self._root.get("quarantine")
        if isinstance(given, Plain | str):
            return str(given)
        return "file" if options.format in EDI_FORMATS else "row"


def _paths_of(mappings: Iterable[FieldMapping]) -> Iterator[str]:
    """From where fields are read."""
    for mapping in mappings:
        yield from mapping.paths
        yield from _paths_of([*mapping.join, *mapping.fields.values()])
