"""The texts in a file of code that people may come to read."""

import ast
import re

_WORDS = re.compile(r"[A-Za-z']{2,}")
_FEWEST_WORDS = 3
_TYPE = re.compile(r"[\w \[\],.|]+ \| [\w \[\],.|]+")
NOT_SAID = ("logger", "log", "_logged", "ValueError", "TypeError", "BodyDamaged", "TurnThread", "attempt", "compile")
"""What is called with texts that nobody reads but engineers."""


def message_texts(tree):
    """Texts of three words at least, but for docstrings, and what people other than engineers never read."""
    left_out = {id(part) for node in ast.walk(tree) if _is_not_said(node) for part in ast.walk(node)}
    left_out |= {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        text = written(node) if id(node) not in left_out else ""
        if " " in text.strip() and len(_WORDS.findall(text)) >= _FEWEST_WORDS:
            yield text


def written(node):
    """The text of a literal, with {} for its values; empty: it is none."""
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _is_not_said(node):
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True  # a docstring
    if isinstance(node, ast.keyword) and node.arg == "later":
        return True  # what a log says that a turn does later
    if isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == "PARTS":
        return True  # what words of a file mean, which the page of connectors says
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return True  # a type
    called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
    is_type = isinstance(node, ast.Constant) and isinstance(node.value, str) and _TYPE.fullmatch(node.value)
    return any(name in called.split(".") for name in NOT_SAID) or bool(is_type)
