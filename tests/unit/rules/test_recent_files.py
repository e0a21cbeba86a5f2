"""What was made of the last small files is kept."""

from hypothesis import given
from hypothesis import strategies as st

from rules import loader
from rules.recent_files import FILES, MOST_BYTES, keep_recent
from tests.support.examples import examples

RULES = "policy: shops\nrules:\n- {{id: near, because: it is near, then: {{prefer: {amount}.00}}}}\n"


def counted():
    """A function that is kept, and the names of the files for which it was really asked."""
    asked = []

    @keep_recent
    def make(name, content, language):
        asked.append(name)
        return name, content, language

    return make, asked


def test_a_small_file_is_made_once_and_a_large_one_each_time():
    make, asked = counted()
    for _ in range(2):
        assert make("small", b"x" * MOST_BYTES, "en") == ("small", b"x" * MOST_BYTES, "en")
        make("large", b"x" * (MOST_BYTES + 1), "en")
    assert asked == ["small", "large", "large"]


def test_another_name_content_or_language_is_made_anew():
    make, asked = counted()
    for file in (("a", b"x", "en"), ("b", b"x", "en"), ("a", b"y", "en"), ("a", b"x", "fr")):
        assert make(*file) == file
    assert len(asked) == 4


def test_the_files_that_were_read_longest_ago_are_made_anew():
    make, asked = counted()
    for number in [*range(FILES + 1), 0]:
        make(str(number), b"", "en")
    assert asked.count("0") == 2


@given(st.lists(st.sampled_from(["1", "2", "x"]), min_size=2, max_size=6))
@examples(30)
def test_policies_come_out_as_they_are_written_whatever_was_read_before(amounts):
    for amount in amounts:
        content = {"shops.yaml": RULES.format(amount=amount).encode()}
        afresh = loader._parse_document(*loader.read_documents("shops.yaml", content["shops.yaml"]), "en")
        assert loader.parse_files(content) == [afresh]


def test_a_file_that_is_not_kept_is_read_once_each_time(monkeypatch):
    content, read = (RULES.format(amount=1) + "#" * MOST_BYTES).encode(), []

    def noted(name, given):
        read.append(name)
        return read_documents(name, given)

    read_documents = loader.read_documents
    monkeypatch.setattr(loader, "read_documents", noted)
    for _ in range(2):
        assert loader.parse_files({"large.yaml": content})[0].is_read
    assert read == ["large.yaml", "large.yaml"]


def test_reasons_take_the_language_that_another_file_names():
    french = b"policy: others\nlanguage: fr\nrules: []\n"
    shops = RULES.format(amount=1).encode()
    alone, beside = loader.load_policies({"a.yaml": shops}), loader.load_policies({"a.yaml": shops, "b.yaml": french})
    assert [dict(policies.policies[0].rules[0].because) for policies in (alone, beside)] == [
        {"en": "it is near"},
        {"fr": "it is near"},
    ]
