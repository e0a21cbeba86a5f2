"""Pages of the nodes of a SKU."""

from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from api.shapes.stock.node_pages import WHOLE, NodePage
from tests.support.examples import examples


class Place(NamedTuple):
    node: str


places = st.lists(st.text(min_size=1).map(Place), unique=True)


@given(places, st.integers(1, 5))
@examples(50)
def test_pages_one_after_another_have_each_node_once(items, limit):
    page, following = NodePage(limit=limit).of(items)
    pages = [page]
    while following is not None:
        page, following = NodePage(limit=limit, after=following).of(items)
        pages.append(page)
    assert [item for page in pages for item in page] == WHOLE.of(items)[0] == sorted(items)
    assert all(len(page) == limit for page in pages[:-1])


@given(places, st.integers(1, 5), st.data())
@examples(30)
def test_a_node_that_is_gone_meanwhile_takes_no_other_from_the_pages_that_follow(items, limit, data):
    _, following = NodePage(limit=limit).of(items)
    if following is not None:
        gone = Place(data.draw(st.sampled_from([following, *(item.node for item in items)])))
        left = [item for item in items if item != gone]
        rest = NodePage(after=following).of(left)[0]
        assert rest == sorted(item for item in left if item.node > following)
