"""`pointsman policy check`: what it prints and how it exits."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from api.cli.main import pointsman
from tests.conftest import SMALL

GOOD = "policy: p\nrules:\n  - {id: r, because: x, then: {prefer: 1}}\n"
DOUBTFUL = GOOD.replace("rules:", "terms: {t: {order.units: 1}}\nrules:")
BAD = GOOD.replace("prefer", "prefre")


def checked(path: Path, *words: str) -> Result:
    return CliRunner().invoke(pointsman, ["policy", "check", str(path), *words])


def test_the_policies_that_ship_pass_even_strictly() -> None:
    result = checked(Path("policies"), "--strict")
    assert result.exit_code == 0
    assert "no mistakes" in result.stdout


@pytest.mark.parametrize(
    ("text", "words", "status"), [(GOOD, "--strict", 0), (DOUBTFUL, "", 0), (DOUBTFUL, "--strict", 1), (BAD, "", 1)]
)
def test_errors_fail_and_warnings_only_if_asked_to(tmp_path: Path, text: str, words: str, status: int) -> None:
    (tmp_path / "p.yaml").write_text(text)
    assert checked(tmp_path, *words.split()).exit_code == status


@pytest.mark.parametrize("form", ["text", "json", "github", "sarif"])
def test_every_format_goes_to_stdout_and_exits_alike(tmp_path: Path, form: str) -> None:
    (tmp_path / "p.yaml").write_text(BAD)
    result = checked(tmp_path, "--format", form)
    assert (result.exit_code, result.stderr) == (1, "")
    assert "unknown-effect" in result.stdout
    if form in ("json", "sarif"):
        assert json.loads(result.stdout)


def test_files_are_named_by_their_path_from_the_working_directory(tmp_path: Path) -> None:
    folder = tmp_path / "sale"
    folder.mkdir()
    (tmp_path / "p.yaml").write_text(BAD)
    (folder / "q.yaml").write_text(BAD.replace("policy: p", "policy: q"))
    lines = checked(tmp_path).stdout.splitlines()
    assert [line.split(":3:")[0] for line in lines[:2]] == [f"{tmp_path}/p.yaml", f"{folder}/q.yaml"]
    assert checked(folder / "q.yaml").stdout.startswith(f"{folder}/q.yaml:3:")


def test_a_file_that_ends_in_yml_is_refused_not_ignored(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(GOOD)
    (tmp_path / "more.yml").write_text(GOOD)
    result = checked(tmp_path)
    assert result.exit_code == 1
    assert f"{tmp_path}/more.yml:1:1  yml-file  " in result.stdout


def test_tests_beside_policies_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(GOOD)
    (tmp_path / "p_test.yaml").write_text("no: policy\n")
    assert checked(tmp_path, "--strict").exit_code == 0


OVERRIDING = GOOD.replace("prefer: 1}", "prefer: 1}, overrides: [q/r]").replace("policy: p", "policy: o")
OTHER = GOOD.replace("policy: p", "policy: q").replace("prefer: 1", "avoid: 1")


def test_one_file_is_checked_with_those_beside_it_but_only_its_findings_are_printed(tmp_path: Path) -> None:
    (tmp_path / "o.yaml").write_text(OVERRIDING)
    (tmp_path / "q.yaml").write_text(OTHER)
    (tmp_path / "bad.yaml").write_text(BAD)
    assert checked(tmp_path / "o.yaml").exit_code == 0
    assert checked(tmp_path / "bad.yaml").exit_code == 1
    assert "o.yaml" not in checked(tmp_path / "bad.yaml").stdout


def test_one_file_is_explained_whatever_it_overrides_in_others(tmp_path: Path) -> None:
    (tmp_path / "o.yaml").write_text(OVERRIDING)
    result = CliRunner().invoke(pointsman, ["policy", "explain", str(tmp_path / "o.yaml")])
    assert result.exit_code == 0
    assert "q/r" in result.stdout


STRANGE = GOOD.replace("then:", "when: {order.channel: weeb}, then:")


def test_words_are_compared_with_the_network_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(STRANGE)
    result = checked(tmp_path, "--network", str(SMALL), "--strict")
    assert result.exit_code == 1
    assert "unknown-to-network  warning: order.channel: no channel goes by the name 'weeb' (did you mean 'web'?)" in (
        result.stdout
    )
    assert result.stdout.endswith(f"; network {SMALL}\n")
    assert checked(tmp_path, "--strict").exit_code == 0


def test_a_set_with_errors_of_its_own_is_not_compared_with_a_network(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(STRANGE.replace("prefer", "prefre"))
    shown = checked(tmp_path, "--network", str(SMALL)).stdout
    assert ("unknown-effect" in shown, "unknown-to-network" in shown) == (True, False)


def test_findings_about_the_network_go_into_every_format(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(STRANGE)
    for form in ("text", "json", "github", "sarif"):
        assert "unknown-to-network" in checked(tmp_path, "--network", str(SMALL), "--format", form).stdout
