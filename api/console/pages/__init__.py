"""The pages of the console: a module for each section, whose `add_to` takes its pages and buttons to the console. Its
templates are in the folder of the same name.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from api.console.console import Console
from api.console.navigation import Section
from api.console.pages import audit, decisions, learn, operations, parcels, policies, stock, today

AddPages: TypeAlias = Callable[[Console], None]

PAGES: Sequence[tuple[Section, AddPages]] = (
    (today.SECTION, today.add_to),
    (decisions.SECTION, decisions.add_to),
    (policies.SECTION, policies.add_to),
    (stock.SECTION, stock.add_to),
    (parcels.SECTION, parcels.add_to),
    (audit.SECTION, audit.add_to),
    (operations.SECTION, operations.add_to),
    (learn.SECTION, learn.add_to),
)
"""In the order of the menu."""
