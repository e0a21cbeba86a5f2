"""A table of rules is read into the rules that a YAML file would give, and each mistake names its row and column."""

import pytest

from rules.diff.compare import compare
from rules.errors import PolicyInvalid
from rules.lint.check import check
from rules.loader import load_policies
from rules.policy import PolicySet

YAML = """
policy: safety
owner: stock team
terms:
  scarce: {stock.on_hand: {less_than: 10}}
rules:
  - id: small-shop
    because: {en: One stays in shops, fr: Une reste en magasin}
    when: {node.type: store, stock.on_hand: {at_least: 4, less_than: 10}, order.channel: {not: [web, app]}}
    then: {keep: 1, protect: [{channel: web, units: 2}, {channel: app, share: 5%}]}
    from: 2026-11-01
    weekdays: [monday]
    hours: ["08:00", "18:00"]
  - id: all
    because: {en: Two stay, fr: Deux restent}
    when: {is: scarce, node.tags: {has: outlet}}
    then: {keep: 2}
    overrides: [safety/small-shop]
"""
TABLE = """policy,safety
owner,stock team
term scarce,stock.on_hand: {less_than: 10}
hit_policy,collect

# a comment
id,node.type,stock.on_hand at_least,stock.on_hand less_than,order.channel,is,node.tags has,keep,protect web,\
protect app,because en,because.fr,from,weekdays,hours,overrides,#note
small-shop,store,4,10,"not: [web, app]",,,1,2,5%,One stays in shops,Une reste en magasin,2026-11-01,monday,\
"08:00, 18:00",,not read
all,,,,,scarce,outlet,2,,,Two stay,Deux restent,,,,safety/small-shop,
,,
"""


def head(*rows: str, hit_policy: str = "collect") -> str:
    return "\n".join(["policy,p", f"hit_policy,{hit_policy}", *rows, ""])


def findings(text: str | bytes, name: str = "t.csv") -> list[str]:
    content = text.encode() if isinstance(text, str) else text
    return [str(finding) for finding in check({name: content}).errors]


def loaded(text: str | bytes, name: str = "t.csv") -> PolicySet:
    return load_policies({name: text.encode() if isinstance(text, str) else text})


def test_a_table_gives_the_rules_that_yaml_gives():
    table, yaml = loaded(TABLE), loaded(YAML, "t.yaml")
    assert {change.kind for change in compare(table, yaml).changes} == {"moved"}
    assert table.policies[0].owner == yaml.policies[0].owner


def test_the_version_of_a_csv_file_is_made_of_the_file_itself():
    assert loaded(TABLE).texts == {"t.csv": TABLE}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (["id,node.typ,keep,because", "a,store,1,x"], "t.csv:3:2  unknown-heading"),
        (["id,stock.on_hand at_leest,keep,because", "a,3,1,x"], "t.csv:3:2  unknown-operator"),
        (["id,keep,keep,because", "a,1,1,x"], "t.csv:3:3  duplicate-key"),
        (["id,keep,because xyz1", "a,1,x"], "t.csv:3:3  unknown-heading"),
        (["id,node.type,keep,because", "a,shop,1,x"], "t.csv:4:2  unknown-word"),
        (["id,stock.on_hand,keep,because", "a,at_least: x,1,x"], "t.csv:4:2  bad-value"),
        (["id,stock.on_hand at_least,keep,because", "a,x,1,x"], "t.csv:4:2  bad-value"),
        (["id,keep,because", "a,-3,x"], "t.csv:4:2  out-of-range"),
        (["id,keep,because", "a,,x"], "t.csv:4:1  missing-key  'then' is missing"),
        (["id,keep,because", "a,1,"], "t.csv:4:1  missing-key  'because' is missing"),
        (["id,keep,because", ",1,x"], "t.csv:4:1  missing-key  'id' is missing"),
        (["id,keep,because", "a,1,x,y"], "t.csv:4:4  unknown-heading"),
        (["id,keep,because", "a,1,x", "", "a,2,x"], "t.csv:6:1  duplicate-rule"),
        (["id,order.channel,keep,because", 'a,"[web",1,x'], "t.csv:4:2  bad-cell"),
        (["id,stock.on_hand,keep,because", "a,>= 3,1,x"], "t.csv:4:2  bad-value  '>= 3': write at_least: 3"),
        (["id,stock.on_hand,stock.on_hand at_least,keep,because", "a,3,2,1,x"], "t.csv:4:3  bad-value"),
        (["id,protect web,protect app,because", "a,1,x,x"], "t.csv:4:2  bad-value"),
        (["id,route.cost at_least,keep,because", "a,3,1,x"], "t.csv:4:3  later-stage"),
        (["id,keep,because,from,until", "a,1,x,2026-02-01,2026-01-01"], "t.csv:4:5  empty-window"),
        (["id,keep,because,overrides", "a,1,x,p/b"], "t.csv:4:4  unknown-rule"),
        (["ownr,x", "id,keep,because", "a,1,x"], "t.csv:3:1  unknown-key"),
        (["owner,x,y", "id,keep,because", "a,1,x"], "t.csv:3:3  wrong-type"),
        (["owner,x", "owner,x", "id,keep,because", "a,1,x"], "t.csv:4:1  duplicate-key"),
        (["gaps,some", "id,keep,because", "a,1,x"], "t.csv:3:2  unknown-word"),
        (["term t,stock.on_hand: {less: 3}", "id,is,keep,because", "a,t,1,x"], "t.csv:3:1  unknown-operator"),
        (["id,is,keep,because", "a,t,1,x"], "t.csv:4:2  unknown-term"),
        (["keep,because", "1,x"], "t.csv:1:1  missing-key  there is no row of headings"),
    ],
)
def test_a_mistake_names_its_row_and_column(rows, expected):
    first, *_ = [line for line in findings(head(*rows)) if "unknown-key  unknown word 'keep'" not in line]
    assert first.startswith(expected)


def test_a_wrong_heading_is_said_once_and_not_for_each_row():
    rows = [f"r{number},store,1,x" for number in range(50)]
    assert len(findings(head("id,node.typ,keep,because", *rows))) == 1


def test_the_likely_heading_is_suggested():
    assert "did you mean 'node.type'" in findings(head("id,node.typ,keep,because", "a,store,1,x"))[0]


def test_the_hit_policy_must_be_said():
    assert "t.csv:1:1  missing-key  'hit_policy' is missing" in findings("policy,p\nid,keep,because\na,1,x\n")[0]
    assert "t.csv:2:2  unknown-word" in findings(head("id,keep,because", "a,1,x", hit_policy="any"))[0]


def test_a_file_that_is_no_table_is_refused():
    message = "a table of rules starts with 'policy' in its first cell and the policy's id in the next"
    assert findings("sku,node,on_hand\n") == [f"t.csv:1:1  not-a-table  {message}"]
    assert "bad-csv" in findings('policy,p\nid,"x\n')[0]
    with pytest.raises(PolicyInvalid):
        loaded("")


@pytest.mark.parametrize("ending", ["xls", "xlsm", "ods", "yml"])
def test_other_spreadsheets_are_refused_and_not_passed_over(ending):
    assert f"t.{ending}:1:1" in findings(b"x", f"t.{ending}")[0]


def test_an_id_may_be_a_number():
    assert list(loaded(head("id,keep,because", "101,1,x")).rules) == ["p/101"]


@pytest.mark.parametrize("hit_policy", ["unique", "first"])
def test_words_that_no_row_names_and_cases_that_are_meant_are_no_gaps(hit_policy):
    rows = ["id,product.category,stock.on_hand,keep,because", "a,garden,,1,x", "b,toys,at_most: 9,2,x"]
    covered = head(*rows, "c,toys,at_least: 10,3,x", hit_policy=hit_policy)
    assert check({"t.csv": covered.encode()}).findings == ()
    gap = head(*rows, hit_policy=hit_policy)
    assert [finding.code for finding in check({"t.csv": gap.encode()}).findings] == ["uncovered-case"]
    meant = head("gaps,allowed", *rows, hit_policy=hit_policy)
    assert check({"t.csv": meant.encode()}).findings == ()


def test_under_first_a_row_overrides_what_it_names_besides_the_rows_below():
    rows = "policy,p\nhit_policy,first\n\nid,node.type,keep,overrides,because\na,store,1,q/x,x\nb,,2,,x\n"
    other = "policy: q\nrules:\n  - {id: x, because: x, then: {keep: 3}}\n"
    policies = load_policies({"p.csv": rows.encode(), "q.yaml": other.encode()})
    assert policies.rules["p/a"].overrides == ("q/x", "p/b")
