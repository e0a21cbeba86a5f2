"""A connector as its file says it: from where messages come or where they go, and how their fields are found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, TypeAlias

from api.connectors.formats.format import FormatOptions
from api.connectors.language.places import Folder, HttpCall, Source
from rules.syntax.yaml_document import Document, Path
from rules.wording.catalogue import ENGLISH

FieldType: TypeAlias = Literal["text", "number", "instant", "date", "flag", "words", "any"]
"""What a field becomes. `number`: an int, or a Decimal if it has a fraction. `instant`: RFC 3339 with a zone. `date`:
2026-10-01. `flag`: a bool. `words`: a list of texts. `any`: as it was found.
"""
DAY = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldMapping:
    """How one field of the target is found. Exactly one of `paths`, `value`, `join` and `each` says from where; what
    else is given is done to it in the order in which it stands here. At `at` in the connector's file.
    """

    at: Path
    type: FieldType = "text"
    paths: tuple[str, ...] = ()
    """The first of these that is there counts."""
    value: str | None = None
    """Always this."""
    join: tuple["FieldMapping", ...] = ()
    """Several, as one text with `separator` between those that are there."""
    separator: str = ""
    each: str = ""
    """The path of a list; the field is a list of what `fields` makes of each. `$rows`: the rows that `group` joined."""
    fields: Mapping[str, "FieldMapping"] = field(default_factory=dict)
    together: str = ""
    """Of a list: elements that agree in this field become one, and lists in them are put behind one another."""
    unless: tuple[str, ...] = ()
    """Globs of texts that count as not there, as `N/A` or `0000-00-00`."""
    between: tuple[str, ...] = ()
    """Only the letters between these two texts; a text without them counts as not there."""
    cut: tuple[int, int] | None = None
    """Only the letters from the first to the last, both counted from 1 and included."""
    strip: str = ""
    """Letters that are taken off the beginning, as zeros that an ERP puts before its numbers."""
    upper: bool = False
    """Whether small letters become capitals."""
    split: str | None = None
    """Of words: what stands between them."""
    words: Mapping[str, str] = field(default_factory=dict)
    """The word that is found, and the one that it becomes: theirs and ours of what comes in, ours and theirs of what
    goes out. Any other is a mistake, unless `otherwise` is given.
    """
    lookup: str | None = None
    """The table in which what was found is looked up; what is not in it is a mistake, unless `otherwise` is given."""
    otherwise: str | None = None
    """What a word becomes that is none of `words`, or not in the table."""
    decimal: str = ""
    """Of numbers: the sign before their decimals. What stands between thousands, a blank or the other sign, is left
    out. Empty: a point, and a number that could have a comma before its decimals is a mistake.
    """
    unit: str | None = None
    """Of numbers: a unit as in UNITS, from which they are converted into that of the field."""
    times: Decimal | None = None
    """Of numbers: what they are multiplied by; -1 turns what left into what came."""
    times_by: "FieldMapping | None" = None
    """Of numbers: where it is found what they are multiplied by, as the pieces of a case."""
    date: str | None = None
    """Of instants and dates: how they are written, as in Python's strptime, `%d/%m/%Y %H:%M`; `seconds` or
    `milliseconds` since 1970; 101, 102, 201, 203 or 204, EDIFACT's codes of forms; not given: as in ISO 8601.
    """
    zone: str | None = None
    """Of instants that are written without a zone: theirs."""
    time: str | None = None
    """Of instants that are written as a day alone: the time of day that is meant, as 18:30."""
    twice: Literal["first", "second"] | None = None
    """Which of the two is meant by a local time that comes twice, as clocks go back; not given: that is a mistake."""
    default: str | None = None
    """What stands for what is not there."""
    optional: bool = False
    """Whether the field is left out if it is not there. Otherwise that is a mistake of the row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """A table: `entries`; or a CSV `file` beside the connector's, whose columns are `key` and `value`; or, of what is
    sent, the list at the path `rows` of the record at hand, which `key` and `value` are paths in. With `each`, they are
    paths in the list at that path of each row, and begin with / where they are about the row.
    """

    at: Path
    entries: Mapping[str, str] = field(default_factory=dict)
    file: str = ""
    rows: str = ""
    each: str = ""
    key: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowTest:
    """What `when` asks of one path. Of those that are not None, all must be so. Numbers are compared as numbers."""

    at: Path
    path: str
    one_of: tuple[str, ...] | None = None
    none_of: tuple[str, ...] | None = None
    known: bool | None = None
    matches: tuple[str, ...] | None = None
    """Globs."""
    at_least: Decimal | None = None
    more_than: Decimal | None = None
    at_most: Decimal | None = None
    less_than: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reads:
    """`every` so many seconds the source is asked."""

    source: Source
    every: int = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What the target is asked before a message is sent. `fields` are picked from the records of the message, under
    `records`, and, where it is one, from the record itself; they stand in the address or are the body. What is answered
    is `answer` in each record from then on. A record for which something stands at the path `done` is left out: it was
    sent before.
    """

    call: HttpCall
    fields: Mapping[str, FieldMapping] = field(default_factory=dict)
    done: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sends:
    """`every` so many seconds it is looked whether there is something to send. `file` is the name that what is written
    gets, with words of PARTS in it; `most` records stand in one. `channel` and `nodes` say of what feeds and orders
    are. Of a feed, `whole` says that it always has everything, and not only what changed.
    """

    target: Source
    every: int = 60
    file: str = ""
    most: int = 1_000
    each: str = ""
    """The path of a list in a record: each of its elements is a row, and a path that begins with / is of the record."""
    channel: str | None = None
    nodes: tuple[str, ...] = ()
    whole: bool = False
    again_after: tuple[str, ...] = ()
    """Of a stock feed: connectors that tell the same target what left. Once they have, its positions are sent again."""
    ask: Ask | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """One file. It either reads or sends. `once` are the paths that, together, are the same whenever a message is the
    same. `quarantine` says what a mistake in a row keeps back: it alone, or all of its file (or message of EDI).
    """

    name: str
    owner: str
    because: Mapping[str, str]
    kind: str
    format: FormatOptions
    document: Document
    fields: Mapping[str, FieldMapping]
    reads: Reads | None = None
    sends: Sends | None = None
    once: tuple[str, ...] = ()
    when: tuple[RowTest, ...] = ()
    must: tuple[RowTest, ...] = ()
    """Of a row that counts: if it does not hold, the row is bad."""
    group: tuple[str, ...] = ()
    lookups: Mapping[str, Lookup] = field(default_factory=dict)
    quarantine: Literal["row", "file"] = "row"
    answers: Literal["CONTRL", "997"] | None = None
    """The acknowledgement that is written for each interchange, to `answer_to`."""
    answer_to: Folder | None = None
    answer: Mapping[str, FieldMapping] = field(default_factory=dict)
    """Of a question: the fields of its answer, JSON."""
    echo_of: tuple[str, ...] = ()
    """Connectors that send stock there. What they sent of a SKU lately is left out when it comes back as a count."""
    remember: int = 30 * DAY
    """For so many seconds it is remembered, by `once`, which messages came."""
    keep: int | None = None
    """For so many seconds messages that were read are kept in the folder `done`. None: files that were read stay there
    until somebody deletes them, and what came otherwise is not kept.
    """

    def purpose(self, language: str) -> str:
        """What it is for, in that language if its file says it so; else in English, or in any."""
        return self.because.get(language) or self.because.get(ENGLISH) or next(iter(self.because.values()), "")
