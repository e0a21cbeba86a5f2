"""The options that commands share."""

import click
import pytest

from api.cli.options import who
from engine.settings import Settings


def test_the_log_names_the_configured_user_rather_than_the_login_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "container")
    assert who(Settings(user="anna")) == "anna"
    assert who(Settings()) == "container"


@pytest.mark.parametrize("error", [KeyError("uid not found: 4711"), OSError("no username set in the environment")])
def test_a_user_without_a_login_name_is_told_which_setting_to_set(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nameless() -> str:
        raise error

    monkeypatch.setattr("api.cli.login.getuser", nameless)
    with pytest.raises(click.UsageError, match="set POINTSMAN_USER"):
        who(Settings())
