"""The terms of a policy file in plain words, for whoever chooses one by its name."""

from collections.abc import Mapping

from rules.syntax.condition_parser import ConditionParser, Notes
from rules.syntax.yaml_document import Document
from rules.wording.catalogue import Catalogue
from rules.wording.explain import condition_text


def terms_in_words(document: Document, catalogue: Catalogue) -> Mapping[str, str]:
    """When each term holds, by its name; empty for one with mistakes, or that uses one with mistakes."""
    terms = document.root.get("terms") if isinstance(document.root, dict) else None
    if not isinstance(terms, dict):
        return {}
    said = {}
    for name in terms:
        notes = Notes(document=document)
        meaning = ConditionParser(notes=notes, terms=terms).condition(terms[name], ("terms", name))
        said[name] = "" if notes.findings else catalogue.contract(condition_text(meaning, catalogue))
    return said
