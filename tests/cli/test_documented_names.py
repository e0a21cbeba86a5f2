"""Whatever has a name to those who use Pointsman is on its page, and no page names what is not there: commands,
settings, calls, events, metrics and types of problems. French pages are held to the English ones.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

import engine.errors
from api.cli.main import pointsman
from api.http.metrics.stored import DESCRIPTIONS
from api.http.serving.settings import ServingSettings
from api.records.problems import STATUSES
from engine.errors import BadSetting, PointsmanError
from engine.events.event import EVENT_TYPES
from engine.events.payloads_by_type import PAYLOADS

README = Path("README.md")
PAGES = sorted(Path("docs").rglob("*.md"))
TRANSLATED = {
    "quickstart.md": "demarrage.md",
    "orders.md": "commandes.md",
    "policy-drafts.md": "brouillons.md",
    "connectors.md": "connecteurs.md",
    "connectors-shops.md": "connecteurs-boutiques.md",
    "connectors-files.md": "connecteurs-fichiers.md",
    "connector-formats.md": "formats-connecteurs.md",
    "quotes.md": "devis.md",
    "returns.md": "retours.md",
    "explanation.md": "explication.md",
    "parcels.md": "colis.md",
    "printing.md": "impression.md",
    "policy-language.md": "langage-des-regles.md",
    "policy-tables.md": "tables-de-regles.md",
    "labels.md": "etiquettes.md",
    "carriers.md": "transporteurs.md",
    "tracking.md": "suivi.md",
    "whatif.md": "essayer.md",
    "lookahead.md": "prix-anticipes.md",
    "gate.md": "garde-fou.md",
    "canary.md": "canari.md",
    "console.md": "console.md",
    "approval.md": "approbation.md",
}
SETTING = re.compile(r"\bPOINTSMAN_[A-Z_]*[A-Z]\b")
CALL = re.compile(r"`(GET|POST|PUT|DELETE) (/[^`?\s]*)")


def page(name: str) -> str:
    return (Path("docs") / name).read_text(encoding="utf-8")


def sources(*folders: str) -> Iterator[str]:
    for folder in folders:
        for path in sorted(Path(folder).rglob("*.py")):
            yield path.read_text("utf-8")


def commands(group: click.Group, path: str = "pointsman") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


@pytest.mark.parametrize(("name", "command"), list(commands(pointsman)))
def test_every_command_is_on_the_page_of_commands_and_its_help_has_an_example(
    name: str, command: click.Command
) -> None:
    assert f"`{name}" in page("cli.md")
    assert f"Example: {name}" in (command.help or "")


def test_every_command_a_page_names_exists() -> None:
    names = {name for name, _ in commands(pointsman)}
    groups = {name.rsplit(" ", depth)[0] for name in names for depth in range(1, name.count(" "))}
    for path in (README, *PAGES):
        for words in re.findall(
            r"(?:^    |`)pointsman ((?:[a-z]+ ?)+)", path.read_text(encoding="utf-8"), re.MULTILINE
        ):
            one, *more = words.split()
            named = f"pointsman {one}"
            while named in groups:
                named = f"{named} {more.pop(0)}"
            assert named in names, f"{path} names '{named}'"


def test_the_settings_on_their_page_are_those_that_are_read() -> None:
    """A setting is read by its name, which stands in the code as a whole; those of the server by that of a field."""
    read = {name for text in sources("rules", "engine", "api") for name in SETTING.findall(text)}
    read |= {f"POINTSMAN_{name.upper()}" for name in ServingSettings.__dataclass_fields__}
    rows = re.findall(r"^\| `(POINTSMAN_[A-Z_]+)` \|", page("settings.md"), re.MULTILINE)
    assert sorted(rows) == sorted(read)


def test_the_defaults_of_the_server_are_on_the_page_of_settings() -> None:
    for name, field in ServingSettings.__dataclass_fields__.items():
        default = "the port after the service's" if field.default is None else f"`{field.default}` |"
        assert f"`POINTSMAN_{name.upper()}` | {default}" in page("settings.md")


def test_every_setting_that_a_page_names_is_on_the_page_of_settings() -> None:
    for path in (README, *PAGES):
        for name in SETTING.findall(path.read_text("utf-8")):
            assert f"| `{name}` |" in page("settings.md"), f"{path} names {name}"


def calls_of(http: FlaskClient) -> set[tuple[str, str]]:
    return {
        (method, places_alike(re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)))
        for rule in http.application.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }


def places_alike(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path)


def test_the_calls_on_the_page_of_the_http_api_are_those_that_there_are(http: FlaskClient) -> None:
    rows = "\n".join(re.findall(r"^\| (`(?:GET|POST|PUT|DELETE) .*?) \|", page("http-api.md"), re.MULTILINE))
    named = {(method, places_alike(path)) for method, path in CALL.findall(rows)}
    assert named == calls_of(http)


def test_every_call_that_a_page_names_exists(http: FlaskClient) -> None:
    there_are = calls_of(http)
    for path in (README, *PAGES):
        for method, address in CALL.findall(path.read_text("utf-8")):
            assert (method, places_alike(address)) in there_are, f"{path} names {method} {address}"


def test_every_type_of_event_is_on_its_page_and_has_a_shape_for_its_data() -> None:
    rows = re.findall(r"^\| `([a-z]+\.[a-z_]+)` \|", page("events.md"), re.MULTILINE)
    assert sorted(rows) == sorted(EVENT_TYPES) == sorted(PAYLOADS)


def test_the_metrics_on_the_page_of_operations_are_those_that_there_are(http: FlaskClient) -> None:
    families = text_string_to_metric_families(http.get("/metrics").text)
    names = {family.name for family in families if not family.name.endswith("_created")}
    assert {f"pointsman_{name}" for name in DESCRIPTIONS} < names
    rows = re.findall(r"^\| `(pointsman_\w+)` \|", page("operations.md"), re.MULTILINE)
    assert sorted(row.removesuffix("_total") for row in rows) == sorted(names)


def kinds_of_problems() -> set[str]:
    """Those of errors of the engine, named as they are, and those that a request is refused with, as they are written
    where that happens.
    """
    errors = {item for item in vars(engine.errors).values() if isinstance(item, type)}
    answered = {item for item in errors if issubclass(item, PointsmanError)} - {PointsmanError, BadSetting}
    assert answered >= STATUSES.keys() - {PointsmanError}
    named = {"-".join(re.findall("[A-Z][a-z]+", error.__name__)).lower() for error in answered}
    return named | {kind for text in sources("api/http") for kind in _written_kinds(ast.parse(text))}


def _written_kinds(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        is_call = isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("problem", "Refusal", "problem_body")
        values = node.args[1:2] if is_call and isinstance(node, ast.Call) else []
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in ("_KINDS", "_PROBLEMS"):
            values = node.value.values if isinstance(node.value, ast.Dict) else []
        yield from (part.value for part in values if isinstance(part, ast.Constant) and isinstance(part.value, str))


def test_the_types_of_problems_on_the_page_of_the_http_api_are_those_that_are_answered() -> None:
    text = page("http-api.md").partition("\n## Errors\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| \d{3}[^|]*\| ([^|]*) \|", text, re.MULTILINE)
    listed = {kind for row in rows for kind in re.findall(r"`([a-z-]+)`", row)} | {"uri-too-long"}
    by_status = {"bad-request", "not-found", "method-not-allowed", "unsupported-media-type", "request-timeout"}
    by_status |= {"request-header-fields-too-large"}
    assert listed | by_status == kinds_of_problems() | by_status


@pytest.mark.parametrize(("english", "french"), TRANSLATED.items())
def test_a_french_page_names_every_call_and_every_event_that_the_english_one_does(english: str, french: str) -> None:
    text, translated = page(english), page(f"fr/{french}")
    assert set(CALL.findall(text)) - set(CALL.findall(translated)) == set()
    for event in EVENT_TYPES:
        assert (f"`{event}`" in translated) >= (f"`{event}`" in text), event


def test_every_french_page_is_held_to_an_english_one() -> None:
    assert sorted(TRANSLATED.values()) == sorted(path.name for path in Path("docs/fr").iterdir())
