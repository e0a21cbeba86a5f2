"""The settings of the sealed log."""

from pathlib import Path

import pytest

from engine.audit.settings import EVERYDAY_AUDIT, AuditSettings, MailServer
from engine.errors import BadSetting

WITNESS = "w+6dd49194+BAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"


def read(**variables):
    return AuditSettings.from_environment({f"POINTSMAN_{name}": value for name, value in variables.items()})


def test_without_any_the_server_seals_and_nothing_is_sent():
    assert read() == EVERYDAY_AUDIT == AuditSettings()


def test_each_is_read():
    settings = read(
        SEAL="manual",
        AUDIT_KEY="/run/key.pem",
        AUDIT_NAME="shop.example/pointsman",
        CHECKPOINT_FILE="checkpoints",
        CHECKPOINT_MAIL="ada@shop.example, eve@shop.example",
        SMTP_URL="smtps://ada:secret@mail.example",
        WITNESSES=f"{WITNESS} https://w.example/, {WITNESS} http://10.0.0.1:8100",
    )
    assert (settings.seal, settings.audit_name) == ("manual", "shop.example/pointsman")
    assert (settings.audit_key, settings.checkpoint_file) == (Path("/run/key.pem"), Path("checkpoints"))
    assert settings.checkpoint_mail == ("ada@shop.example", "eve@shop.example")
    assert settings.smtp_url == MailServer(host="mail.example", port=465, tls=True, user="ada", password="secret")
    assert [(str(one.key), one.url) for one in settings.witnesses] == [
        (WITNESS, "https://w.example"),
        (WITNESS, "http://10.0.0.1:8100"),
    ]
    assert read(SMTP_URL="smtp://mail.example:587").smtp_url == MailServer(host="mail.example", port=587, tls=False)


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"SEAL": "never"}, "POINTSMAN_SEAL is 'never'; it must be auto or manual"),
        ({"AUDIT_NAME": "a b"}, "POINTSMAN_AUDIT_NAME"),
        ({"AUDIT_NAME": "shop/"}, "POINTSMAN_AUDIT_NAME"),
        ({"CHECKPOINT_MAIL": "ada", "SMTP_URL": "smtp://m"}, "must be mail addresses"),
        ({"CHECKPOINT_MAIL": "ada@shop.example"}, "POINTSMAN_SMTP_URL says by way of which server"),
        ({"SMTP_URL": "http://mail.example"}, "POINTSMAN_SMTP_URL is 'http:...'"),
        ({"SMTP_URL": "smtp://mail.example:99999"}, "POINTSMAN_SMTP_URL is 'smtp:...'"),
        ({"SMTP_URL": "smtp://:25"}, "POINTSMAN_SMTP_URL"),
        ({"WITNESSES": "w https://w.example"}, "is no verifier key"),
        ({"WITNESSES": WITNESS}, "there is no URL behind the key of w"),
        ({"WITNESSES": f"{WITNESS} ftp://w.example"}, "there is no URL behind the key of w"),
        (
            {"WITNESSES": "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW https://w.example"},
            "not one for cosignatures",
        ),
    ],
)
def test_what_can_not_be_used_is_refused_with_what_is_allowed(variables, message):
    with pytest.raises(BadSetting) as refused:
        read(**variables)
    assert message in str(refused.value)


def test_no_password_is_in_a_refusal():
    with pytest.raises(BadSetting) as refused:
        read(SMTP_URL="smtp://ada:secret@mail.example/path")
    assert "secret" not in str(refused.value)
