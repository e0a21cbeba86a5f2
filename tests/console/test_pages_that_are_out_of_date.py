"""A page that shows what is not so any more, as two people or two tabs have one, does nothing else than it says."""

import re

from api.console.cookies import LANGUAGE
from tests.support.facts import policy_file


def published(site, hours, note=""):
    return site.pointsman.publish(policy_file(f"then: {{hold: {hours} h}}"), who="Zoé", note=note).version


def active(site):
    return site.pointsman.versions.timeline().active


def drawn(site, path, role="merchandiser", language="en"):
    """The page, and what its form sends if nothing is typed."""
    client = site.client(role)
    client.set_cookie(LANGUAGE, language, path="/console")
    page = client.get(f"/console{path}").text
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page)
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
