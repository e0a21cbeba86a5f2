"""What the page shows, in the form in which its template takes it. Text is escaped there; only charts are Markup."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

Cell = str | Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class TableView:
    """`numbers` are the columns whose cells are numbers, from 0. `note` stands below it."""

    caption: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    numbers: frozenset[int] = frozenset()
    note: str = ""
    total: Sequence[Cell] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TileView:
    """A figure: by how much it differs, from what to what, and how sure that is. `verdict` says in words what `tone`
    says by its colour.
    """

    name: str
    value: str
    unit: str
    detail: str
    tone: str
    verdict: str
    chart: Markup | None = None
    between: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartView:
    """A chart, or several that are alike, with the table of what it shows."""

    title: str
    lead: str
    charts: Sequence[tuple[str, Markup]]
    """Each with its heading, which may be empty."""
    legend: Sequence[tuple[Markup, str]] = ()
    table: TableView | None = None
    kind: str = ""
    credit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SideView:
    """What one side decides of an order, and why."""

    name: str
    ships: Sequence[str]
    sums: str
    rules: str
    why: Sequence[str]
    more: Sequence[str]
    more_title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderView:
    order: str
    at: str
    badges: Sequence[tuple[str, str]]
    """Each with its tone."""
    sides: Sequence[SideView]


@dataclass(frozen=True, slots=True, kw_only=True)
class NamesView:
    """Rules that did nothing."""

    title: str
    names: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftView:
    """One draft. `details` is False of those of which only the headline and the tiles are shown."""

    anchor: str
    name: str
    headline: str
    changes: Sequence[str]
    sure: Sequence[str]
    changed: Markup | None
    tiles: Sequence[TileView]
    details: bool
    figures: TableView
    causes: TableView | None = None
    flows: ChartView | None = None
    days: ChartView | None = None
    groups: Sequence[TableView] = ()
    alike: str = ""
    """What is the same of all of them."""
    rules: TableView | None = None
    idle: Sequence[NamesView] = ()
    orders: Sequence[tuple[str, Sequence[OrderView]]] = ()
    further: Sequence[TableView] = ()
    """The stock at the end, of a draft that was rolled forward."""
    run_out: Sequence[NamesView] = ()
    protection: Sequence[str] = ()
    """What keeping more units back would cost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageView:
    title: str
    kicker: str
    headline: str
    facts: Sequence[tuple[str, str]]
    drafts: Sequence[DraftView]
    trade_offs: ChartView | None
    notes: Sequence[str]
    refused: Sequence[tuple[str, Sequence[str]]]
    left_out: str = ""
