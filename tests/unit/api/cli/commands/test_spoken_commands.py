"""What click shows is read from docstrings."""

from api.cli.commands.spoken_commands import paragraphs


def test_paragraphs_are_one_line_each():
    assert paragraphs("One.\n\nTwo\n   more.\n\n  Example: x\n") == ["One.", "Two more.", "Example: x"]
    assert paragraphs("") == []
