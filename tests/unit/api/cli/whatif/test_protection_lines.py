"""What a what-if says of rules that keep more units back, or of what it takes to know that."""

from msgspec import structs

from api.cli.whatif.headline import notes, protection
from api.language.current import speaking
from api.reports.whatif.report import report_html
from tests.support.whatif_records import protection_record, whatif_record

KEEP = "  shops/keep: 5 units more at each of 4 positions would cost at least 12.30 EUR a month; dearest: A at paris"
IDLE = "  shops/idle: 5 units more would cost nothing: where it acts, none is needed more elsewhere"
HOW = "what keeping more units back would cost is said once prices are learnt: pointsman lookahead learn"


def record(*, twice=False, **of_draft):
    made = whatif_record(drafts=2 if twice else 1, decisions=5)
    return structs.replace(made, drafts=[structs.replace(draft, **of_draft) for draft in made.drafts])


def test_each_rule_has_a_line_with_what_more_would_cost_also_in_the_report():
    rules = ["shops/keep", "shops/idle"]
    made = record(protecting=rules, protection=protection_record(*rules))
    assert list(protection(made.drafts[0])) == [KEEP, IDLE]
    assert KEEP.strip() in report_html(made, "en").decode()
    assert HOW not in list(notes(made))
    with speaking("fr"):
        assert next(iter(protection(made.drafts[0]))).startswith(
            "  shops/keep: 5 unités de plus à chacune de 4 positions"
        )


def test_prices_that_are_too_old_are_said_to_be():
    costs = structs.replace(protection_record("shops/idle"), too_old=True)
    *_, last = protection(record(protecting=["shops/idle"], protection=costs).drafts[0])
    assert last == "  these look-ahead prices are too old; learn them again (pointsman lookahead learn)"


def test_without_prices_one_line_says_how_to_learn_some_and_only_if_a_draft_keeps_units():
    made = record(twice=True, protecting=["shops/keep"])
    assert list(protection(made.drafts[0])) == []
    assert list(notes(made)).count(HOW) == 1
    assert HOW not in list(notes(record()))
