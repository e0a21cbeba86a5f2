"""Charts draw what they are given, where it belongs, and can be read without their colours."""

import re

from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from api.reports.charts.bars import bar, bar_scale, share_bar, sure_range
from api.reports.charts.days import DayLoad, day_bars
from api.reports.charts.flow_map import MapFlow, MapNode, flow_map
from api.reports.charts.projection import Projection
from api.reports.charts.scale import Scale
from api.reports.charts.svg import element
from api.reports.charts.trade_off import Axis, Point, trade_off
from api.reports.charts.world import country_paths
from tests.support.examples import examples

LYON, PARIS, SUVA, AUCKLAND, HONOLULU = (45.8, 4.8), (48.9, 2.4), (-18.1, 178.4), (-36.8, 174.8), (21.3, -157.9)
places = st.tuples(st.floats(-85, 85), st.floats(-180, 180))


def numbers(drawn, attribute):
    return [float(number) for number in re.findall(rf'\b{attribute}="([-\d.e+]+)"', drawn)]


@examples(100)
@given(st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=9))
def test_a_bar_stays_within_its_picture_and_points_where_it_goes(ends):
    scale = bar_scale(ends)
    for end in ends:
        drawn = bar(scale, 0, end, "better", "it")
        if end == 0:
            assert "polygon" not in drawn
            continue
        points = [tuple(map(float, point.split(","))) for point in re.search(r'points="([^"]+)"', drawn)[1].split()]
        assert all(0 <= x <= 160 and 0 <= y <= 18 for x, y in points)
        tip, start = points[2][0], points[0][0]
        assert (tip > start) is (end > 0)


@examples(100)
@given(st.integers(-(10**12), 10**12), st.integers(-(10**12), 10**12), st.integers(2, 9))
def test_an_axis_names_few_round_numbers_within_it_and_0(low, high, most):
    scale = Scale.around([low / 1_000, high / 1_000], start=0, end=100)
    ticks = scale.ticks(most)
    assert 0 in ticks
    assert len(ticks) <= most + 2
    assert all(scale.low - 1e-6 <= tick <= scale.high + 1e-6 for tick in ticks)


def test_an_axis_of_whole_things_names_no_parts_of_them():
    assert Scale.around([2], start=0, end=9).ticks(5, least=1) == [0, 1, 2]


def test_an_interval_is_drawn_from_end_to_end_with_its_difference_and_nothing():
    drawn = sure_range(-10, 5, 20, "95% between")
    low, high = numbers(drawn, "x1")[1], numbers(drawn, "x2")[1]
    (middle,) = numbers(drawn, "cx")
    zero = numbers(drawn, "x1")[0]
    assert 0 <= low < zero < middle < high <= 160


def test_a_share_is_as_long_as_it_is_and_of_nothing_is_nothing():
    assert numbers(share_bar(1, 4, "a quarter"), "width")[1] == 80
    assert numbers(share_bar(0, 0, "none"), "width")[1] == 0


def test_a_day_has_a_bar_for_the_draft_and_a_line_for_the_baseline_and_a_day_of_nothing_has_neither():
    loads = [DayLoad(label="1", baseline=4, draft=8), DayLoad(label="2", baseline=0, draft=0)]
    drawn = day_bars(loads, first="1 Nov", last="2 Nov", name="lyon", shown=str)
    (height,) = numbers(drawn, "height")
    (line,) = re.findall(r'class="baseline"[^>]*y1="([\d.]+)"', drawn)
    top, bottom = 8, 66
    assert height == bottom - top
    assert float(line) == (top + bottom) / 2


def test_what_no_other_beats_is_filled_the_line_leads_through_the_best_of_the_two_and_less_is_lower():
    points = [
        Point(label="a", name="a", x=-1, y=2, unbeaten=True),
        Point(label="b", name="b", x=1, y=-3, unbeaten=True),
        Point(label="c", name="c", x=2, y=3, unbeaten=False),
    ]
    axis = Axis(title="EUR", shown=str)
    drawn = trade_off(points, axis, axis, name="it", baseline="the baseline")
    at = dict(zip("abc", zip(numbers(drawn, "cx"), numbers(drawn, "cy"), strict=True), strict=True))
    assert at["a"][0] < at["b"][0] < at["c"][0]
    assert at["b"][1] > at["a"][1] > at["c"][1]
    assert re.findall(r'class="(unbeaten|beaten)"', drawn) == ["unbeaten", "unbeaten", "beaten"]
    line = re.search(r'class="front" points="([^"]+)"', drawn)[1]
    assert [tuple(map(float, point.split(","))) for point in line.split()] == [at["a"], at["b"]]


def test_labels_of_points_that_lie_upon_one_another_are_not_written_over_one_another():
    points = [Point(label=f"n{place}", name="x", x=1, y=1, unbeaten=True) for place in range(9)]
    axis = Axis(title="EUR", shown=str)
    drawn = trade_off(points, axis, axis, name="it", baseline="b")
    spots = re.findall(r'class="label" x="([\d.]+)" y="([\d.]+)"', drawn)
    assert 1 <= len(spots) == len(set(spots)) < 9


@examples(100)
@given(st.lists(places, min_size=1, max_size=6))
def test_a_map_has_all_of_its_places_on_it(its):
    projection = Projection.around(its, width=720)
    for place in its:
        x, y = projection(*place)
        assert -0.5 <= x <= 720.5
        assert -0.5 <= y <= projection.height + 0.5
    assert 300 <= projection.height <= 720


def test_places_on_either_side_of_the_date_line_are_near_one_another_on_a_map():
    projection = Projection.around([SUVA, HONOLULU, AUCKLAND], width=720)
    suva, honolulu = projection(*SUVA), projection(*HONOLULU)
    assert projection.east - projection.west < 110
    assert suva[0] < honolulu[0]


def test_countries_are_cut_where_the_map_ends_and_those_elsewhere_are_left_out():
    projection = Projection.around([LYON, PARIS], width=720)
    paths = country_paths(projection)
    assert 2 <= len(paths) <= 15
    assert sum(map(len, paths)) < 23_000
    for path in paths:
        for ring in path.split("M")[1:]:
            start, _, steps = ring.rstrip("z").partition("l")
            x, y = map(int, start.split())
            assert -7 <= x <= 727
            for step_x, step_y in zip(*[iter(map(int, steps.split()))] * 2, strict=True):
                x, y = x + step_x, y + step_y
                assert -7 <= x <= 727
                assert -7 <= y <= projection.height + 7


def test_countries_on_the_date_line_are_drawn_on_one_side_of_it():
    projection = Projection.around([SUVA, (-16.5, -179.9)], width=720)
    paths = country_paths(projection)
    assert paths
    for path in paths:
        for ring in path.split("M")[1:]:
            steps = list(map(int, ring.rstrip("z").partition("l")[2].split()))
            assert max(map(abs, steps[::2])) < 360


def test_the_whole_world_fits_on_a_map():
    projection = Projection.around([(-54.8, -68.3), (71, 25.8), AUCKLAND, (64.8, -147.7)], width=720)
    paths = country_paths(projection)
    assert len(paths) > 140
    assert sum(map(len, paths)) < 80_000


def test_what_ships_more_and_what_ships_less_are_lines_of_two_kinds_and_places_are_named_once():
    nodes = [
        MapNode(label="lyon", name="lyon: 4 -> 9", place=LYON, baseline=4, draft=9),
        MapNode(label="paris", name="paris: 5 -> 0", place=PARIS, baseline=5, draft=0),
    ]
    flows = [
        MapFlow(name="lyon to paris", start=LYON, end=PARIS, units=5, changes=True),
        MapFlow(name="paris to lyon", start=PARIS, end=LYON, units=-5, changes=True),
        MapFlow(name="paris to paris", start=PARIS, end=PARIS, units=-1, changes=True),
    ]
    drawn = flow_map(nodes, flows, name="map", labelled=9)
    assert len(re.findall(r'class="flow more"', drawn)) == 1
    assert len(re.findall(r'class="flow fewer"', drawn)) == 2
    assert re.findall(r'class="place on-wide"[^>]*>([^<]+)<', drawn) == ["lyon", "paris"]
    assert re.findall(r'class="place on-narrow"[^>]*>([^<]+)<', drawn) == ["lyon", "paris"]
    assert len(re.findall(r'<circle class="draft"', drawn)) == 1
    assert len(re.findall(r'<circle class="baseline"', drawn)) == 2


@examples(100)
@given(st.text())
def test_text_is_escaped_and_has_no_signs_that_a_document_may_not_have(text):
    drawn = str(element("text", text, aria_label=text))
    assert drawn.count("<") == 2
    assert drawn.count('"') == 2
    assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", drawn)
    replaced = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", "\ufffd", text)
    assert Markup(drawn).unescape() == f'<text aria-label="{replaced}">{replaced}</text>'
