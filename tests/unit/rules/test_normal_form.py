"""The normal form: negation only at the leaves."""

import functools

from rules.conditions import All, AnyOf, Not, Operator, Term
from rules.normal_form import AllOf, Literal, OneOf, literal, normal_form, tag_by_tag
from tests.support.conditions import compare

WEB, LATE = compare("order.channel", Operator.EQUALS, "web"), compare("route.late", Operator.EQUALS, *[True])


def test_negation_turns_all_into_one_of_and_any_into_all_of():
    not_web, not_late = (Literal(comparison=item, true=False) for item in (WEB, LATE))
    assert normal_form(Not(part=All(parts=(WEB, LATE))), literal) == OneOf(parts=(not_web, not_late))
    assert normal_form(Not(part=AnyOf(parts=(WEB, LATE))), literal) == AllOf(parts=(not_web, not_late))


def test_terms_are_written_out_unless_they_are_kept_as_leaves():
    term = Term(name="online", condition=WEB)
    assert normal_form(Not(part=term), literal) == Literal(comparison=WEB, true=False)
    assert normal_form(Not(part=term), literal, lambda term, true: (term.name, true)) == ("online", False)


def test_a_group_of_one_part_is_that_part_and_an_empty_group_stays():
    assert normal_form(All(parts=(AnyOf(parts=(WEB,)),)), literal) == Literal(comparison=WEB, true=True)
    assert normal_form(Not(part=All(parts=())), literal) == OneOf(parts=())


def test_has_any_without_a_tag_is_without_each_of_them():
    gift, fragile = (compare("order.tags", Operator.HAS, tag) for tag in ("gift", "fragile"))
    either = compare("order.tags", Operator.HAS_ANY, "gift", "fragile")
    assert normal_form(Not(part=either), functools.partial(tag_by_tag, leaf=literal)) == AllOf(
        parts=(Literal(comparison=gift, true=False), Literal(comparison=fragile, true=False))
    )
