"""A number with its noun, in the singular or the plural."""


def counted(number: int, noun: str) -> str:
    """`1 rule`, `1,200 rules`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
