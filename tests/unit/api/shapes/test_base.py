"""What all shapes have in common."""

import copy

from api.shapes.order import OrderRequest


def test_a_shape_is_made_once_however_often_the_description_of_a_view_is_copied():
    shape = OrderRequest()
    assert copy.deepcopy({"schema": shape})["schema"] is shape
