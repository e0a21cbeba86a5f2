"""`pointsman policy schema` and `policy explain`: policies for editors, and for readers."""

import textwrap
from pathlib import Path
from typing import Any

import click
import orjson

from api.cli.options import AS_JSON, print_json
from api.files.file_content import write_content
from api.files.policies import policy_files
from rules.editor.json_schema import policy_schema
from rules.errors import PolicyInvalid
from rules.loader import build_policy_set, parse_files
from rules.policy import PolicySet
from rules.wording.bilingual import LANGUAGES
from rules.wording.explain import explain as explain_rule

WIDTH = 96
"""Letters a line."""
_LANGUAGE = click.Choice(LANGUAGES)


@click.command()
@click.option("--lang", type=_LANGUAGE, help="The language of the hover texts. Default: both.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file.")
def schema(lang: str | None, output: Path | None) -> None:
    """Write the JSON Schema by which editors complete, explain and underline policy files.

    Example: pointsman policy schema --output policies/policy.schema.json
    """
    text = schema_text((lang,) if lang else LANGUAGES)
    if output is None:
        click.echo(text, nl=False)
        return
    write_content(output, text.encode())


@click.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--lang", type=_LANGUAGE, default="en", show_default=True, help="The language of the sentences.")
@AS_JSON
def explain(path: Path, lang: str, *, as_json: bool) -> None:
    """Say each rule of the policy files under PATH back in plain words, from what it means.

    Example: pointsman policy explain policies/clearance.yaml --lang fr
    """
    # each file for itself: what it overrides in others need not be there to be said
    readings = parse_files(policy_files(path))
    if mistaken := [finding for reading in readings for finding in reading.findings]:
        raise PolicyInvalid(mistaken)
    found = build_policy_set(readings)
    if as_json:
        print_json(_record(found, lang))
        return
    for rule in found.rules.values():
        click.echo(rule.id)
        click.echo(
            textwrap.indent(
                textwrap.fill(explain_rule(rule, lang), WIDTH, break_long_words=False, break_on_hyphens=False), "    "
            )
        )


def schema_text(languages: tuple[str, ...] = LANGUAGES) -> str:
    """The schema as it is written to files."""
    return orjson.dumps(policy_schema(languages), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def _record(policies: PolicySet, language: str) -> dict[str, Any]:
    return {
        "language": language,
        "rules": [
            {"id": rule.id, "says": explain_rule(rule, language), "because": dict(rule.because)}
            for rule in policies.rules.values()
        ],
    }
