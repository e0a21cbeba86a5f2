"""What left is said by article: units fill the lines of that article in order, the first line first, none twice."""

from collections import Counter

import pytest

from tests.connectors.test_shipments_by_edi import advice, place_order, x12_messages
from tests.support.connectors_in_folders import in_folders, stocked


@pytest.fixture
def shop(bare):
    return stocked(bare, stock={"TXT-0059": {"wh-lyon": 40}, "BEA-0036": {"wh-lyon": 40}})


def by_article(message, *units):
    """A 945 that says, article by article, how many units of TXT-0059 left, without any names of lines."""
    text = advice([item for item in message if item[0] != "W01" and item[:2] != ["N9", "LI"]])
    body = "".join(
        f"LX*{place}~\nW12*CC*{left}*{left}**EA**SK*TXT-0059~\n" for place, left in enumerate(units, start=1)
    )
    before, _, after = text.partition("LX*1~\n")
    _, _, after = after.partition("SE*")
    count = before.count("~") - 2 + body.count("~") + 1
    return f"{before}{body}SE*{count}*0001~\n" + after.partition("\n")[2]


def left_by_line(shop, order="W-1"):
    return {line.line: line.units["shipped"] for line in shop.orders.show(order).lines}


@pytest.fixture
def sent(shop, tmp_path, clock):
    """Places an order of these lines, and answers its 940."""

    def of_lines(*lines):
        orders = in_folders("wms-940", shop, tmp_path)
        orders.send()
        place_order(shop, *lines, id="W-1")
        clock.now += 600
        ((message,),) = map(x12_messages, orders.send())
        return message

    return of_lines


def test_the_first_line_is_filled_first_whatever_its_number_and_a_second_advice_goes_on(shop, sent, tmp_path):
    message = sent(*[("TXT-0059", 2)] * 11)
    here = in_folders("wms-945", shop, tmp_path)
    assert here.take(by_article(message, 3), "1.edi").ended("applied") == 1
    assert [left_by_line(shop)[line] for line in ("1", "2", "3", "10")] == [2, 1, 0, 0]
    second = by_article(message, 4, 12).replace("000000001", "000000002")
    assert here.take(second, "2.edi").ended("applied") == 1
    assert [left_by_line(shop)[str(line)] for line in range(1, 12)] == [2] * 9 + [1, 0]
    third = by_article(message, 3).replace("000000001", "000000003")
    assert here.take(third, "3.edi").ended("applied") == 1
    assert Counter(left_by_line(shop).values()) == {2: 11}
    fourth = by_article(message, 1).replace("000000001", "000000004")
    assert here.take(fourth, "4.edi").ended("bad") == 1


def test_a_line_that_is_named_keeps_its_units_from_those_that_go_by_article(shop, sent, tmp_path):
    message = sent(("TXT-0059", 2), ("TXT-0059", 2))
    text = by_article(message, 2, 2)
    first, _, second = text.rpartition("W12*CC*2*2**EA**SK*TXT-0059~\n")
    both = f"{first}W12*CC*2*2**EA**SK*TXT-0059~\nN9*LI*1~\n{second}"
    count = int(text.partition("SE*")[2].partition("*")[0])
    here = in_folders("wms-945", shop, tmp_path)
    report = here.take(both.replace(f"SE*{count}", f"SE*{count + 1}"))
    assert [str(problem) for problem in report.messages[0].problems] == []
    assert left_by_line(shop) == {"1": 2, "2": 2}
