"""Parcels: what is to be packed and handed over, what is printed, and where parcels are."""

from api.console.console import Console
from api.console.navigation import Part, Section
from api.console.pages.parcels import handing_over, packing, printing, where_parcels_are
from api.language.current import text

SECTION = Section(
    name="parcels",
    title=text("Parcels"),
    operations=("parcels_listed", "printing_jobs", "tracking_show"),
    parts=(
        Part(name="", title=text("To pack"), operations=("holds_living",)),
        Part(name="packed", title=text("Packed"), operations=("parcels_listed",)),
        Part(name="printing", title=text("Print queue"), operations=("printing_jobs",)),
        Part(name="manifests", title=text("Manifests"), operations=("manifests_show",)),
        Part(name="tracking", title=text("Tracking"), operations=("tracking_show",)),
    ),
)


def add_to(console: Console) -> None:
    """Its pages and buttons."""
    for part in (packing, handing_over, printing, where_parcels_are):
        part.add_to(console)
