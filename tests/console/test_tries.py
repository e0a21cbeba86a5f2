"""A draft is tried on a day that has decisions, and a try that failed leads to another."""

import datetime
import os

import pytest

from engine.service import Pointsman
from engine.settings import Settings
from tests.conftest import Clock, activate, small
from tests.support.callers import client_of
from tests.support.console import console_site
from tests.support.order_json import order_json

DAY = 86_400
DRAFT = "/console/policies/drafts/été 7/try"


@pytest.fixture(scope="module")
def shop(server_url, tmp_path_factory):
    """The site of a network that decided its last order three days ago, and the day of that order."""
    settings = Settings(redis_url=server_url, network=f"console-{os.getpid()}-tries")
    clock = Clock()
    with Pointsman(settings, clock=clock) as pointsman:
        pointsman.load(small())
        activate(pointsman)
        with console_site(pointsman, tmp_path_factory.mktemp("pictures")) as site:
            http = client_of(pointsman, site.app)
            assert http.post("/v1/decisions?wait=true", json=order_json()).status_code == 201
            files = {"a.yaml": "policy: a\nowner: Zoé\ndescription: A\nrules: []\n"}
            pointsman.policy_drafts.save("été 7", files, base=None, before="", who="Zoé")
            day = http.get("/v1/days").get_json()["newest"]
            clock.now += 3 * DAY
            yield site, day
        pointsman.forget()


def shown(site, path):
    return site.client("merchandiser").get(path, headers={"Accept-Language": "fr"}).text


def test_the_last_day_that_has_decisions_is_offered_first_and_no_day_without_any(shop):
    site, day = shop
    options = shown(site, DRAFT).partition('<select id="field-period"')[2].partition("</select>")[0]
    first = options.split("<option")[1]
    assert f'value="day:{day}"' in first
    assert f"{datetime.date.fromisoformat(day).day} " in first
    assert "le dernier jour qui a des décisions" in first
    assert "hier" not in options
    begun = site.send("/policies/drafts/été 7/try", "merchandiser", period=f"day:{day}")
    assert begun.status_code == 303, begun.text
    request = site.pointsman.whatifs.stored.request(begun.headers["Location"].partition("?")[0].rpartition("/")[2])
    began = datetime.datetime.fromisoformat(f"{day}T00:00").replace(tzinfo=site.pointsman.network().zone)
    assert (request.since, request.until - request.since) == (began.timestamp(), DAY)
    assert site.send("/policies/drafts/été 7/try", "merchandiser", period="day:never").status_code == 422


def test_a_try_that_failed_leads_to_its_draft_and_to_another_period(shop):
    site, _ = shop
    begun = site.send("/policies/drafts/été 7/try", "merchandiser", period="yesterday").headers["Location"]
    job = begun.partition("?")[0].rpartition("/")[2]
    site.pointsman.whatifs.stored.give_up(job, at=1, error="no decision is logged yet; what-if needs decided orders")
    page = shown(site, begun)
    assert 'href="/console/policies/drafts/%C3%A9t%C3%A9%207/try">Essayer sur une autre période</a>' in page
    assert 'href="/console/policies/drafts/%C3%A9t%C3%A9%207">Brouillon\xa0: été 7</a>' in page
    from_the_list = shown(site, begun.partition("?")[0])
    assert 'href="/console/policies/drafts">Choisissez le brouillon' in from_the_list
