"""`pointsman policy schema` writes the JSON Schema for editors; `policy explain` puts rules into plain sentences."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import orjson

from api.cli.options import AS_JSON, print_json
from api.cli.policy.explained_rules import print_protection, read_protection, rule_lines
from api.cli.policy.network import CheckedNetwork, network_to_check
from api.files.file_content import write_content
from api.files.policies import policy_files
from api.files.policy_tests.json_schema import policy_test_schema
from api.language.current import current_language, say
from api.records.policies import ExplanationRecord
from api.records.protection_costs import CostedExplanationRecord
from engine.policies.version_list import is_version
from engine.service import Pointsman
from engine.settings import Settings
from rules.editor.gate_schema import gate_schema
from rules.editor.json_schema import policy_schema
from rules.errors import PolicyInvalid
from rules.loader import build_policy_set, parse_files
from rules.wording.catalogue import Catalogue, available_languages, load_catalogue, load_catalogues

_LANGUAGE = click.Choice(available_languages())


@click.command()
@click.option("--lang", type=_LANGUAGE, help="The language of the hover texts. Default: all languages.")
@click.option("--tests", is_flag=True, help="The schema of test files (*_test.yaml); it has no hover texts.")
@click.option("--gate", is_flag=True, help="The schema of gate.yaml.")
@click.option(
    "--network",
    metavar="NAME",
    help="Complete the words of this network, or of the one in this folder: places, channels, SKUs, tags.",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the schema to this file instead of printing it.",
)
@click.pass_obj
def schema(
    settings: Settings, lang: str | None, output: Path | None, network: str | None, *, tests: bool, gate: bool
) -> None:
    """Write the JSON Schema that helps editors with policy files.

    With it they complete policy files, or the files of their tests, explain keys and underline mistakes.

    Example: pointsman policy schema --output policies/policy.schema.json
    """
    if (tests or gate) and network:
        raise click.UsageError(say("--network does not go with --tests"))
    if tests and gate:
        raise click.UsageError(say("give --tests or --gate"))
    catalogues = (load_catalogue(lang),) if lang else load_catalogues()
    words = None if network is None else network_to_check(settings, network, is_named=True)
    other = _written(gate_schema()) if gate else test_schema_text() if tests else None
    text = schema_text(catalogues, words) if other is None else other
    if output is None:
        click.echo(text, nl=False)
        return
    write_content(output, text.encode())


@click.command()
@click.argument("path")
@click.option("--lang", type=_LANGUAGE, default=current_language, help="The language to speak. Default: en.")
@click.option(
    "--costs",
    is_flag=True,
    help="Of rules that keep or protect units alone, say what protecting 5 units more would cost a month.",
)
@AS_JSON
@click.pass_context
def explain(context: click.Context, path: str, lang: str, *, costs: bool, as_json: bool) -> None:
    """Explain each rule under PATH in plain sentences.

    The sentences are made from the conditions and effects of the rules in the policy files. Instead of a path, `active`
    or the start of a version's name explains what is published.

    Example: pointsman policy explain policies/clearance.yaml --lang fr
    """
    # each file by itself: a rule that overrides one of another file can be explained without that file
    readings = parse_files(_files(context, path))
    if mistaken := [finding for reading in readings for finding in reading.findings]:
        raise PolicyInvalid(mistaken)
    policies, catalogue = build_policy_set(readings), load_catalogue(lang)
    protection = read_protection(context.obj, policies) if costs else None
    if as_json:
        record = ExplanationRecord.of(policies, catalogue)
        print_json(record if protection is None else CostedExplanationRecord.of(record, protection[0]))
        return
    if protection is not None:
        print_protection(policies, catalogue, *protection)
        return
    for rule in policies.written_rules.values():
        for line in rule_lines(rule, catalogue):
            click.echo(line)


def _files(context: click.Context, word: str) -> Mapping[str, bytes]:
    """The policy files at a path, or of a published version."""
    if Path(word).exists() or not (word == "active" or is_version(word)):
        path: Path = click.Path(exists=True, path_type=Path).convert(word, context.command.params[0], context)
        return policy_files(path)
    with Pointsman(context.obj) as service:
        texts = service.versions.texts(service.versions.find(word))
    return {name: text.encode() for name, text in texts.items()}


def schema_text(catalogues: Sequence[Catalogue], network: CheckedNetwork | None = None) -> str:
    """The schema with hover texts in the languages of the catalogues, and with the words of a network, as it is written
    to files.
    """
    if network is None:
        return _written(policy_schema(catalogues))
    return _written(policy_schema(catalogues, network.words, network.network.attributes.keys()))


def test_schema_text() -> str:
    """The schema of test files, as it is written to files."""
    return _written(policy_test_schema())


def _written(schema: dict[str, Any]) -> str:
    return orjson.dumps(schema, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
