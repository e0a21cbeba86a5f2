"""README and --help name every command and setting, and show files and answers as they are."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from api.cli.main import pointsman
from api.http.schemas.decisions import DecisionAnswer
from api.shapes.order import OrderRequest
from engine.settings import Settings

README = Path("README.md").read_text()


def commands(group: click.Group, path: str = "pointsman") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


@pytest.mark.parametrize(("name", "command"), list(commands(pointsman)))
def test_every_command_is_in_the_readme_and_its_help_has_an_example(name: str, command: click.Command) -> None:
    assert name in README
    assert f"Example: {name}" in (command.help or "")


def test_every_setting_is_in_the_readme() -> None:
    names = {"redis_url", "data", "network", "fsync", "max_lines", "max_holds", "replicas", "redis_replica_url", "user"}
    assert names == set(Settings.__dataclass_fields__)
    for name in names:
        assert f"`POINTSMAN_{name.upper()}`" in README


def test_the_policy_file_in_the_readme_is_the_one_that_ships() -> None:
    shown = re.search(r"```yaml\n(.*?)```", README, re.DOTALL)
    assert shown
    assert shown[1].strip() == Path("policies/clearance.yaml").read_text().strip()


def test_the_decision_in_the_readme_is_of_the_form_that_is_answered() -> None:
    decision, order = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", README, re.DOTALL))
    assert DecisionAnswer().validate(decision) == {}
    assert order == json.loads(Path("examples/hexagone/order.json").read_text())
    assert OrderRequest().load(order).id == decision["order"]["id"]
