"""Policies: the rules that decide, versions and their history, drafts, what drafts would have done, and trials."""

from api.console.console import Console
from api.console.navigation import Part, Section
from api.console.pages.policies import draft_files, draft_rules, drafts, rule_page, rules, trials, tries, versions
from api.language.current import text

SECTION = Section(
    name="policies",
    title=text("Policies"),
    operations=("policies_listed",),
    parts=(
        Part(name="", title=text("Rules"), operations=("policies_listed",)),
        Part(name="drafts", title=text("Drafts"), operations=("policies_list_drafts",)),
        Part(name="tries", title=text("Tried on the past"), operations=("whatif_listed",)),
        Part(name="versions", title=text("Versions"), operations=("policies_listed",)),
        Part(name="trials", title=text("Shadow and canary"), operations=("policies_read_shadow",)),
    ),
)


def add_to(console: Console) -> None:
    """Its pages and buttons."""
    for module in (rules, drafts, draft_rules, rule_page, draft_files, tries, versions, trials):
        module.add_to(console)
