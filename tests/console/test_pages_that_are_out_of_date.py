"""A page that shows what is not so any more, as two people or two tabs have one, does nothing else than it says."""

import re

from api.console.cookies import LANGUAGE
from tests.support.facts import order, policy_file


def published(site, hours, note=""):
    return site.pointsman.publish(policy_file(f"then: {{hold: {hours} h}}"), who="Zoé", note=note).version


def active(site):
    return site.pointsman.versions.timeline().active


def drawn(site, path, role="merchandiser", language="en"):
    """The page, and what its form sends if nothing is typed."""
    client = site.client(role)
    client.set_cookie(LANGUAGE, language, path="/console")
    page = client.get(f"/console{path}").text
    hidden = re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)">', page)
    return page, {name: value for name, value in hidden if name not in ("csrf", "key")}


def place(version, action):
    return f"/policies/versions/{version}/{action}"


def test_a_page_that_rolls_back_goes_where_it_said_and_no_further(site):
    first, (second, third) = active(site), (published(site, hours) for hours in (2, 3))
    for version in (second, third):
        site.pointsman.versions.activate(version, who="Zoé", note="")
    page, seen = drawn(site, place(third, "rollback"))
    assert seen["to"] == second
    told = site.send(place(third, "rollback"), "merchandiser", **seen)
    assert told.status_code == 303
    assert f"Version {second[:12]} decides again." in site.client("merchandiser").get("/console/policies").text
    again = site.send(place(third, "rollback"), "merchandiser", **seen)
    assert (again.status_code, active(site)) == (409, second)
    assert f"policy version {second[:12]} decides already" in again.text
    assert "pointsman policy" not in again.text
    assert '<form method="post" action="/console' + place(third, "rollback") not in again.text
    # the one before is another: its page says another way
    site.pointsman.versions.roll_back(who="Zoé", note="")
    assert active(site) == first
    site.pointsman.versions.activate(third, who="Zoé", note="")
    other = site.send(place(third, "rollback"), "merchandiser", **seen)
    assert (other.status_code, active(site)) == (409, third)
    page, _ = drawn(site, place(second, "rollback"), language="fr")
    assert "On ne peut pas revenir en arrière" in page
    site.pointsman.versions.activate(first, who="Zoé", note="")


def test_a_form_that_amends_an_order_undoes_nothing_that_another_person_amended(site):
    site.pointsman.decide(order(("SHIRT", 5), ("SHIRT", 4), id="T-1"))
    path = "/decisions/orders/T-1/amend"

    def ordered():
        return [line.quantity for line in site.pointsman.orders.show("T-1").stored.order.lines]

    _, seen = drawn(site, path, "oms")
    site.send(path, "oms", **seen, **{"quantity-1": "3", "quantity-2": "4"})
    assert ordered() == [3, 4]
    late = site.send(path, "oms", **seen, **{"quantity-1": "5", "quantity-2": "1"})
    assert (late.status_code, ordered()) == (409, [3, 4])
    assert "The order has changed meanwhile" in late.text
    assert re.findall(r'name="quantity-\d" type="text" value="(\d)"', late.text) == ["3", "1"]
    assert "Ordered now: 4." in late.text
    now = dict(re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)">', late.text))
    again = site.send(path, "oms", revision=now["revision"], **{"quantity-1": "3", "quantity-2": "1"})
    assert (again.status_code, ordered()) == (303, [3, 1])


def test_what_decides_already_is_activated_no_second_time(site):
    first, version = active(site), published(site, 6, note="from one tab")
    published(site, 6, note="from another tab")
    _, seen = drawn(site, place(version, "activate"))
    for told in ("The version decides from now on.", "The version decided already: nothing was changed."):
        assert site.send(place(version, "activate"), "merchandiser", **seen).status_code == 303
        assert told in site.client("merchandiser").get("/console/policies").text
    page = site.client("merchandiser").get(f"/console/policies/versions/{version}").text
    assert [change.kind for change in site.pointsman.versions.history()][-3:] == ["published", "published", "activated"]
    for note in ("from one tab", "from another tab"):
        assert note in page
    site.pointsman.versions.activate(first, who="Zoé", note="")
