"""Operations: how connectors and webhooks are, which keys and networks there are, and which long jobs run."""

from api.console.console import Console
from api.console.navigation import Part, Section
from api.console.pages.operations import connectors, keys, lists, webhooks
from api.language.current import text

SECTION = Section(
    name="operations",
    title=text("Operations"),
    operations=("connectors_listed", "webhooks_listed", "keys_listed"),
    parts=(
        Part(name="", title=text("Connectors"), operations=("connectors_listed",)),
        Part(name="webhooks", title=text("Webhooks"), operations=("webhooks_listed",)),
        Part(name="keys", title=text("Keys"), operations=("keys_listed",)),
        Part(name="networks", title=text("Networks"), operations=("caller_show",)),
        Part(name="jobs", title=text("Jobs"), operations=("whatif_listed",)),
    ),
)


def add_to(console: Console) -> None:
    """Its pages and buttons."""
    for part in (connectors, lists, keys, webhooks):
        part.add_to(console)
