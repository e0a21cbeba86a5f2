"""Parsing YAML: scalars stay as written, and every key and value has its place."""

import pytest

from rules.errors import Finding, PolicyInvalid
from rules.syntax.yaml_document import MAX_BYTES, Plain, read
from tests.support.invalid_policies import YAML_SYNTAX


def root(text: str):
    return read("p.yaml", text.encode()).root


def finding(content: bytes) -> str:
    with pytest.raises(PolicyInvalid) as caught:
        read("p.yaml", content)
    (only,) = caught.value.findings
    return str(only)


@pytest.mark.parametrize("name", YAML_SYNTAX)
def test_refused_yaml_is_reported_at_its_place(name):
    text, expected = YAML_SYNTAX[name]
    assert finding(text.encode()) == expected


@pytest.mark.parametrize("word", ["no", "on", "1:30", "012", "0x1F", "1e3", "2026-11-01", ".inf", "=", "<<", "True"])
def test_a_word_is_never_converted(word):
    assert root(f"a: {word}\n") == {"a": word}


@pytest.mark.parametrize("word", ["", "~", "null", "Null", "NULL"])
def test_an_empty_value_is_none(word):
    assert root(f"a: {word}\n") == {"a": None}


@pytest.mark.parametrize("word", ["null", "~", ""])
def test_an_empty_value_in_quotes_is_a_word(word):
    assert root(f'a: "{word}"\n') == {"a": word}


def test_a_word_in_quotes_differs_from_one_without():
    plain, quoted, single, folded = root("[5, \"5\", '5', >-\n 5]".replace(", >-\n 5", ', "5"'))
    assert isinstance(plain, Plain)
    assert not any(isinstance(word, Plain) for word in (quoted, single, folded))


def test_a_key_is_a_word_whatever_it_looks_like():
    assert root("no: 1\n012: 2\n") == {"no": "1", "012": "2"}


def test_every_word_has_its_place():
    document = read("p.yaml", "a:\n  - b: 1\n    cé: [x, y]\n".encode())
    assert document.keys == {("a",): (1, 1), ("a", 0, "b"): (2, 5), ("a", 0, "cé"): (3, 5)}
    assert document.values[("a", 0, "b")] == (2, 8)
    assert document.values[("a", 0, "cé", 1)] == (3, 13)


def test_a_finding_stands_at_the_key_or_the_value_or_what_encloses_it():
    document = read("p.yaml", b"a:\n  - x\n  - b: 1\n")
    places = {path: document.finding(path, "code", "text") for path in [("a", 1, "b"), ("a", 0), ("a", 9, "c"), ("z",)]}
    assert {path: (place.line, place.column) for path, place in places.items()} == {
        ("a", 1, "b"): (3, 5),
        ("a", 0): (2, 5),
        ("a", 9, "c"): (1, 1),
        ("z",): (1, 1),
    }


def test_a_finding_is_written_on_one_line():
    unknown_fact = Finding(file="p.yaml", line=3, column=7, code="unknown-fact", message="unknown fact 'x'", meant="y")
    assert str(unknown_fact) == "p.yaml:3:7  unknown-fact  unknown fact 'x' (did you mean 'y'?)"


def test_a_byte_order_mark_moves_nothing():
    content = b"\xef\xbb\xbfa: 1\n"
    document = read("p.yaml", content)
    assert document.root == {"a": "1"}
    assert document.keys[("a",)] == (1, 1)
    assert document.text.encode() == content


def test_windows_line_ends_are_line_ends():
    assert read("p.yaml", b"a: 1\r\nb: 2\r\n").keys[("b",)] == (2, 1)


def test_a_file_of_another_encoding_is_named_with_its_line():
    assert finding("a: 1\nb: é\n".encode("latin-1")) == (
        "p.yaml:2:4  not-utf-8  this is no UTF-8; if it should read 'é', the file is Latin-1 or Windows-1252: "
        "save it as UTF-8"
    )


@pytest.mark.parametrize(
    ("encoding", "named"),
    [
        ("utf-16", "UTF-16"),
        ("utf-32", "UTF-32"),
        ("utf-16-le", "UTF-16 or UTF-32"),
        ("utf-16-be", "UTF-16 or UTF-32"),
        ("utf-32-be", "UTF-16 or UTF-32"),
    ],
)
def test_a_wide_encoding_is_named_with_its_mark_or_without(encoding, named):
    assert finding("a: é\n".encode(encoding)) == f"p.yaml:1:1  not-utf-8  the file is {named}; save it as UTF-8"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "a:\n  prefer 4.00\n  tier: 1\n",
            "3:7  a colon where none can stand: look for one missing on the line before",
        ),
        ("a: @x\n", "1:4  no value starts with this sign; put it in quotes"),
        ('a: "x\n', "2:1  a quotation mark is never closed"),
        ("a:\n    b: 1\n  c: 2\n", "3:3  this line belongs to nothing before it: check its indentation"),
        ("a:\n- b\nc\n", "4:1  a colon is missing, here or on the line before: write 'key: value'"),
        ("a: \u00a0b: c\n", "1:6  a colon where none can stand"),
    ],
)
def test_invalid_yaml_is_explained_to_authors(text, expected):
    place, _, words = expected.partition("  ")
    assert finding(text.encode()).startswith(f"p.yaml:{place}  bad-yaml  this is no YAML: {words}")


def test_a_no_break_space_on_the_line_where_yaml_fails_is_named():
    assert finding("a: \u00a0b: c\n".encode()).endswith("; there is a no-break space in it: write an ordinary one")


def test_a_file_beyond_a_mebibyte_is_refused():
    assert finding(b"#" * (MAX_BYTES + 1)) == (
        f"p.yaml:1:1  file-too-large  the file has {MAX_BYTES + 1} bytes; at most {MAX_BYTES}"
    )


def test_a_mebibyte_is_read():
    assert root("#" * (MAX_BYTES - 6) + "\na: 1\n") == {"a": "1"}


def test_32_lists_in_each_other_are_read():
    assert root("[" * 33 + "]" * 33)


def test_every_alias_of_a_billion_laughs_is_refused_at_its_place():
    laughs = "a: &a [x, x]\n" + "".join(
        f"{one}: &{one} [*{two}, *{two}]\n" for one, two in zip("bcdef", "abcde", strict=True)
    )
    with pytest.raises(PolicyInvalid) as caught:
        read("p.yaml", laughs.encode())
    assert {finding.code for finding in caught.value.findings} == {"alias"}
    assert len(caught.value.findings) == 10
