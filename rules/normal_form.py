"""The negation normal form of conditions, for all code that analyses a condition instead of evaluating it.

Negations are moved inward by De Morgan's laws, which are exact here (see `conditions`), until only leaves are negated:
what remains is leaves, "all of" and "one of". Each caller chooses its leaves: explain keeps comparisons and terms as
they are written, the satisfiability check has literals, matching has sets of codes, the diff has a literal for each
operand.
"""

from dataclasses import dataclass
from typing import Generic, Protocol, TypeAlias, TypeVar

from rules.conditions import All, AnyOf, Compare, Condition, Not, Operator, Term

LeafT_co = TypeVar("LeafT_co", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class AllOf(Generic[LeafT_co]):
    """Holds where every part does; without parts always."""

    parts: tuple["NormalForm[LeafT_co]", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOf(Generic[LeafT_co]):
    """Holds where at least one part does; without parts never."""

    parts: tuple["NormalForm[LeafT_co]", ...]


NormalForm: TypeAlias = LeafT_co | AllOf[LeafT_co] | OneOf[LeafT_co]


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal:
    """A comparison or, unless `true`, its negation."""

    comparison: Compare
    true: bool


class ComparisonForm(Protocol[LeafT_co]):
    """Makes the form of a comparison or, unless `true`, of its negation."""

    def __call__(self, comparison: Compare, /, *, true: bool) -> NormalForm[LeafT_co]: ...


class TermForm(Protocol[LeafT_co]):
    """Makes the form of a term or, unless `true`, of its negation."""

    def __call__(self, term: Term, /, *, true: bool) -> NormalForm[LeafT_co]: ...


def normal_form(
    condition: Condition, leaf: ComparisonForm[LeafT_co], term: TermForm[LeafT_co] | None = None, *, true: bool = True
) -> NormalForm[LeafT_co]:
    """The normal form of `condition` or, unless `true`, of its negation; a group of one part becomes that part.
    Terms are written out, unless there is a `term` for them.
    """
    match condition:
        case Compare():
            return leaf(condition, true=true)
        case Term(condition=inner):
            return term(condition, true=true) if term else normal_form(inner, leaf, true=true)
        case Not(part=part):
            return normal_form(part, leaf, term, true=not true)
        case All(parts=parts) | AnyOf(parts=parts):
            forms = tuple(normal_form(part, leaf, term, true=true) for part in parts)
            if len(forms) == 1:
                return forms[0]
            return AllOf(parts=forms) if isinstance(condition, All) is true else OneOf(parts=forms)


def literal(comparison: Compare, *, true: bool) -> Literal:
    """The comparison as a leaf of `normal_form`."""
    return Literal(comparison=comparison, true=true)


def tag_by_tag(comparison: Compare, *, leaf: ComparisonForm[LeafT_co], true: bool) -> NormalForm[LeafT_co]:
    """The form of a comparison, with `has_any` and `has_all` written as one `has` for each tag."""
    if comparison.operator not in (Operator.HAS_ANY, Operator.HAS_ALL):
        return leaf(comparison, true=true)
    forms = tuple(leaf(single, true=true) for single in single_tags(comparison))
    return AllOf(parts=forms) if (comparison.operator is Operator.HAS_ALL) is true else OneOf(parts=forms)


def single_tags(comparison: Compare) -> tuple[Compare, ...]:
    """`has_any` and `has_all` as one `has` for each tag; any other comparison alone."""
    if comparison.operator not in (Operator.HAS_ANY, Operator.HAS_ALL):
        return (comparison,)
    return tuple(Compare(fact=comparison.fact, operator=Operator.HAS, operands=(tag,)) for tag in comparison.operands)
