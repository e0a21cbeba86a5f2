"""A row that counts, and in which something else stands than `must` says, is bad."""

import pytest

from api.connectors.language.loader import load_connector
from rules.errors import PolicyInvalid
from tests.support.connectors import MOVEMENTS

SALES = "shop,article,pieces,receipt,line,state\n"

SENT = """\
connector: out
owner: it
because: {en: It}
kind: stock_feed
sends: {folder: out, file: "$number.json"}
format: json
fields: {s: sku}
"""


@pytest.mark.parametrize("server_url", ["embedded"], indirect=True)
@pytest.mark.parametrize(
    ("must", "bad", "why"),
    [
        (
            "{state: paid}",
            ["R2", "R3"],
            ["'void' is not what it must be ('must')", "it is not there, and must be ('must')"],
        ),
        ('{state: [paid, ""]}', ["R2"], ["'void' is not what it must be ('must')"]),
        ("{state: {not: void}}", ["R2"], ["'void' is not what it must be ('must')"]),
        ("{state: {known: true}}", ["R3"], ["it is not there, and must be ('must')"]),
    ],
)
def test_a_row_that_is_not_as_it_must_be_is_bad_and_the_others_are_taken_over(running, must, bad, why):
    here = running(MOVEMENTS + f"must: {must}\nwhen: {{pieces: {{more_than: 0}}}}\n")
    rows = ["lyon,SHIRT,1,R1,1,paid\n", "lyon,SHIRT,1,R2,1,void\n", "lyon,SHIRT,1,R3,1,\n", "lyon,SHIRT,0,R4,1,void\n"]
    here.put("a.csv", SALES + "".join(rows))
    report = here.run()
    assert (report.ended("applied"), report.ended("skipped"), report.ended("bad")) == (3 - len(bad), 1, len(bad))
    problems = report.messages[0].problems
    assert [(problem.path, problem.message) for problem in problems] == [("state", text) for text in why]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (MOVEMENTS + "must: {$nothing: x}\n", "$nothing"),
        (
            SENT + "must: {sku: A}\n",
            "'must' is about what is read: leave it out",
        ),
    ],
)
def test_a_mistake_in_must_is_told(text, message):
    with pytest.raises(PolicyInvalid) as mistakes:
        load_connector("it.yaml", text.encode())
    assert message in str(mistakes.value)
