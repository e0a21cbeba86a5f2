"""What somebody probably meant who named a reason, a grade or a node that the network does not have. Pure."""

from collections.abc import Collection

from rules.syntax.close_words import closest


def word_hint(word: str, words: Collection[str], *, are_few: bool = True) -> str:
    """The end of an error message: the closest of the words, or else all of them if they are few."""
    meant = closest(word, words)
    if meant:
        return f"; did you mean '{meant}'?"
    return f"; it has {', '.join(words)}" if are_few else ""
