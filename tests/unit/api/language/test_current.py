"""In which language a command speaks, and how it writes numbers there."""

import pytest
from click.testing import CliRunner, Result

from api.cli.main import pointsman
from api.language.current import choose_language, counted, current_language, say, say_number

NO_LOCALE = {"POINTSMAN_LANG": "", "LC_ALL": "", "LC_MESSAGES": "", "LANG": ""}
BAD = "policy: p\nrules:\n  - {id: r, because: x, then: {keep: 2.5}}\n"


@pytest.fixture(autouse=True)
def _english_afterwards():
    yield
    choose_language([], {})


def invoked(*words: str, **environment: str) -> Result:
    return CliRunner(env={**NO_LOCALE, **environment}).invoke(pointsman, words)


@pytest.mark.parametrize(
    ("words", "environment", "language"),
    [
        ([], {}, "en"),
        (["--lang", "fr"], {}, "fr"),
        (["policy", "check", "x", "--lang=fr"], {"POINTSMAN_LANG": "en"}, "fr"),
        (["--lang", "en"], {"POINTSMAN_LANG": "fr"}, "en"),
        (["--", "--lang", "fr"], {}, "en"),
        (["--lang", "xx"], {}, "en"),
        (["--lang"], {}, "en"),
        ([], {"POINTSMAN_LANG": "fr", "LC_ALL": "en_GB.UTF-8"}, "fr"),
        ([], {"LC_ALL": "fr_FR.UTF-8"}, "fr"),
        ([], {"LC_ALL": "C", "LANG": "fr_FR.UTF-8"}, "en"),
        ([], {"LC_ALL": "", "LC_MESSAGES": "fr", "LANG": "en"}, "fr"),
        ([], {"LANG": "fr_CA"}, "fr"),
        ([], {"LANG": "de_DE.UTF-8"}, "en"),
    ],
)
def test_an_option_decides_then_the_variable_then_the_system(words, environment, language):
    choose_language(words, environment)
    assert current_language() == language


def test_numbers_are_written_as_the_language_does():
    assert (counted(1_200, "rule"), counted(1, "rule"), counted(0, "rule")) == ("1,200 rules", "1 rule", "0 rules")
    choose_language(["--lang", "fr"], {})
    assert (counted(1_200, "rule"), counted(1, "rule"), counted(0, "rule")) == (
        "1\u202f200 règles",
        "1 règle",
        "0 règle",
    )
    assert say_number("1,234.50") == "1\u202f234,50"
    assert say_number("12.5%") == "12,5\xa0%"
    assert say("... and {count:,} more; --json has them all", count=1_200).startswith("... et 1\u202f200 de plus")


def test_a_text_without_a_translation_is_said_in_english():
    choose_language(["--lang", "fr"], {})
    assert say("no such text, {name}", name="x") == "no such text, x"


def test_help_is_in_the_language_wherever_the_option_stands():
    for words in (("--lang", "fr", "policy", "check", "--help"), ("policy", "check", "--help", "--lang", "fr")):
        shown = invoked(*words).stdout
        assert shown.startswith("Emploi\xa0: pointsman policy check [OPTIONS] PATH\n")
        assert "Signaler chaque erreur des fichiers de règles sous PATH." in shown
        assert "Exemple\xa0: pointsman policy check policies" in shown
        assert "Afficher cette aide et finir." in shown
    assert invoked("policy", "check", "--help").stdout.startswith("Usage: pointsman policy check [OPTIONS] PATH\n")
    assert "Commandes:" in invoked("--help", POINTSMAN_LANG="fr").stdout


def test_mistakes_in_the_words_of_a_command_are_told_in_the_language():
    result = invoked("policy", "chek", "--lang", "fr")
    assert result.exit_code == 2
    assert "Erreur\xa0: La commande 'chek' n'existe pas." in result.stderr
    assert "n'est aucun de 'en', 'fr'" in invoked("--lang", "xx", "policy", POINTSMAN_LANG="fr").stderr


def test_findings_are_in_the_language_but_for_codes_and_what_programs_read(tmp_path):
    (tmp_path / "p.yaml").write_text(BAD)
    shown = invoked("policy", "check", str(tmp_path), "--lang", "fr").stdout
    assert shown == (
        f"{tmp_path}/p.yaml:3:32  bad-value  keep: '2.5' est plus fin que l'unité\xa0; écrivez 2 ou 3\n"
        "1 erreur, 0 avertissement\n"
    )
    for form in ("json", "sarif"):
        words = ("policy", "check", str(tmp_path), "--format", form)
        assert invoked(*words, "--lang", "fr").stdout == invoked(*words).stdout


def test_explain_and_init_speak_the_language_too(tmp_path):
    (tmp_path / "p.yaml").write_text(BAD.replace("2.5", "2"))
    explained = invoked("policy", "explain", str(tmp_path), POINTSMAN_LANG="fr").stdout
    assert explained == invoked("policy", "explain", str(tmp_path), "--lang", "fr").stdout
    assert "Dans tous les cas" in explained
    assert "fichiers écrits dans" in invoked("init", str(tmp_path / "boutique"), "--lang", "fr").stdout
