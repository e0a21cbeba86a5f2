"""Pages of a list have each item once, whatever their size, and whatever comes and goes meanwhile."""

import hypothesis.strategies as st
from hypothesis import given

from api.shapes.list_pages import page_of_list
from tests.support.examples import examples


@examples(100)
@given(
    st.sets(st.integers(0, 30), max_size=20),
    st.integers(1, 5),
    st.booleans(),
    st.sets(st.integers(0, 30)),
    st.sets(st.integers(0, 30)),
)
def test_every_item_that_is_there_throughout_is_on_one_page(items, limit, last_first, comes, goes):
    listed, after, now = [], None, set(items)
    while True:
        page, following = page_of_list(now, lambda item: item, limit=limit, after=after, last_first=last_first)
        assert len(page) <= limit
        listed += page
        if following is None:
            break
        assert following == page[-1]
        after, now = following, (now | comes) - goes
    assert listed == sorted(set(listed), reverse=last_first)
    assert items - goes <= set(listed) <= items | comes


def test_without_a_page_all_is_answered():
    assert page_of_list([2, 3, 1], lambda item: item, limit=None) == ([1, 2, 3], None)
