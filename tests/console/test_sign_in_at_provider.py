"""Signing in at the page of an OpenID provider, which answers on this machine."""

import contextlib
import dataclasses
import http.client
from http.cookies import SimpleCookie
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from api.console.cookies import SESSION, SIGN_IN
from api.http.access.openid.calls_to_provider import discovered
from api.http.app import create_app
from engine.access.openid_client import OpenIdClient
from engine.access.openid_settings import OpenIdSettings
from engine.access.settings import AccessSettings
from engine.rate_limit import RateLimit
from engine.service import Pointsman
from engine.store.audit.accesses import AccessFilter
from tests.support.console import console_site, page_of, verify_pages
from tests.support.openid_provider import AUDIENCE, CLIENT_ID, STRANGE_KEY, openid_provider

BACK = "/console/sign-in/provider/back"


@pytest.fixture(scope="module")
def opened_provider(site):
    with openid_provider(lambda: site.pointsman.now) as served:
        yield served


@pytest.fixture
def provider(opened_provider):
    """As it is at first."""
    for field in dataclasses.fields(opened_provider):
        if field.name not in ("issuer", "now"):
            fresh = field.default if field.default_factory is dataclasses.MISSING else field.default_factory()
            setattr(opened_provider, field.name, fresh)
    return opened_provider


@contextlib.contextmanager
def console_of(site, provider, **access):
    """The Pointsman of a service that has people sign in there."""
    client = OpenIdClient(client_id=CLIENT_ID, provider="Example & Co", secret=provider.secret)
    openid = OpenIdSettings(issuer=provider.issuer, audience=AUDIENCE, client=client)
    settings = dataclasses.replace(site.pointsman.settings, access=AccessSettings(openid=openid, **access))
    with Pointsman(settings, clock=site.pointsman._clock) as pointsman:
        yield pointsman


@pytest.fixture(scope="module")
def served(site, opened_provider, tmp_path_factory):
    with (
        console_of(site, opened_provider) as pointsman,
        console_site(pointsman, tmp_path_factory.mktemp("pictures")) as made,
    ):
        yield made


@pytest.fixture
def browser(served, provider):
    """A client that nobody is signed in with yet, of a service that knows nothing of the provider yet."""
    served.app.wsgi_app._openid.flow._known = None
    return served.app.test_client()


def at_provider(browser, here="/decisions", **headers):
    """The address at which the browser arrives at the provider."""
    answer = browser.get(f"/console/sign-in/provider?{urlencode({'next': here})}", headers=headers)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def sent_back(address):
    """The address to which the provider sends the browser back."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.netloc)
    try:
        connection.request("GET", f"{parts.path}?{parts.query}")
        return connection.getresponse().headers["Location"]
    finally:
        connection.close()


def below(address):
    """Its path and query, as the service is asked for it."""
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"


def sign_in(browser, **begin):
    return browser.get(below(sent_back(at_provider(browser, **begin))))


def with_query(address, **changes):
    """With other values in its query; those that are None are left out."""
    parts = urlsplit(address)
    values = {**dict(parse_qsl(parts.query)), **changes}
    return f"{parts.path}?{urlencode({name: value for name, value in values.items() if value is not None})}"


def session_of(browser):
    cookie = browser.get_cookie(SESSION, path="/console")
    return None if cookie is None else cookie.value


def refused(answer, status, words):
    """Nobody is signed in, and the page says why."""
    assert answer.status_code == status, answer.text
    assert words in answer.text
    assert "Set-Cookie: pointsman_session" not in str(answer.headers)
    return True


def test_one_signs_in_there_and_goes_on_to_the_page_that_was_wanted(browser, site):
    answer = sign_in(browser, here="/policies?x=1")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/console/policies?x=1")
    page = browser.get("/console/policies").text
    assert "ada · merchandiser" in page
    session = site.pointsman.console_sessions.find(session_of(browser), used=False)
    assert session.networks == ("*",)
    assert session.ends_at == site.pointsman.now + 8 * 3_600  # not when the token does, after five minutes


def test_by_a_browser_with_a_click(opened, served, browser):
    with page_of(opened, served, "/policies", role=None) as look:
        look.page.get_by_role("link", name="Sign in with Example & Co").click()
        look.page.wait_for_url(f"{served.address}/console/policies")
        assert "ada · merchandiser" in look.page.inner_text("header")
    verify_pages(opened, served, "/sign-in", "sign-in-with-provider", role=None)


def test_roles_are_those_of_the_access_token_where_it_is_one_for_the_service(browser, provider):
    provider.access_claims = {"pointsman_roles": ["auditor"]}
    sign_in(browser)
    assert "ada · auditor" in browser.get("/console/policies").text
    provider.access_claims = {"pointsman_roles": ["admin"], "sub": "somebody else"}
    other = browser.application.test_client()
    sign_in(other)
    assert "ada · merchandiser" in other.get("/console/policies").text


def test_the_session_is_a_new_one_and_the_one_before_ends(browser, site):
    sign_in(browser)
    first = session_of(browser)
    fixed = browser.application.test_client()
    fixed.set_cookie(SESSION, "chosen-by-an-attacker", path="/console")
    sign_in(fixed)
    assert session_of(fixed) not in (first, "chosen-by-an-attacker", None)
    token = site.pointsman.console_sessions.find(first, used=False).csrf
    assert browser.post("/console/sign-out", data={"csrf": token}).status_code == 303
    assert site.pointsman.console_sessions.find(first, used=False) is None


def test_an_answer_is_good_once_for_ten_minutes_and_for_its_own_browser(browser, provider, redis_client):
    back = below(sent_back(at_provider(browser)))
    stranger = browser.application.test_client()
    stranger.set_cookie(SIGN_IN, "x", path="/console")
    assert refused(stranger.get(back), 400, "not known here any more")
    assert refused(browser.get(back), 400, "not known here any more")  # whoever tried it used it up
    again = below(sent_back(at_provider(browser)))
    assert browser.get(again).status_code == 303
    assert provider.exchanges == 1
    elsewhere = browser.application.test_client()
    assert refused(elsewhere.get(again), 400, "not known here any more")
    assert provider.exchanges == 1
    at_provider(elsewhere)
    (pending,) = redis_client.keys("{pointsman:access}:console:sign-in:*")
    assert 0 < redis_client.ttl(pending) <= 600


@pytest.mark.parametrize(
    "changes",
    [
        {"state": None},
        {"state": "made-up"},
        {"iss": "https://another.example"},
        {"code": None},
        {"code": ""},
    ],
)
def test_an_answer_that_is_of_another_sign_in_or_provider_signs_nobody_in(browser, provider, changes):
    address = with_query(sent_back(at_provider(browser)), **changes)
    assert refused(browser.get(address), 400, "not known here any more")
    assert provider.exchanges == 0
    assert session_of(browser) is None


def test_an_answer_with_a_name_twice_is_taken_by_neither_value(browser):
    address = with_query(sent_back(at_provider(browser)))
    assert refused(browser.get(f"{address}&state=x"), 400, "not known here any more")


def test_a_provider_that_says_it_names_itself_must_do_so(browser, provider):
    provider.document_more = {"authorization_response_iss_parameter_supported": True}
    assert refused(sign_in(browser), 400, "not known here any more")
    provider.answer_more = {"iss": provider.issuer}
    assert sign_in(browser).status_code == 303


def test_a_code_of_somebody_elses_sign_in_is_not_exchanged(browser, provider):
    """Code injection: PKCE binds the code to the sign-in that asked for it, and the nonce its token."""
    stolen = dict(parse_qsl(urlsplit(sent_back(at_provider(browser.application.test_client()))).query))["code"]
    address = with_query(sent_back(at_provider(browser)), code=stolen)
    assert refused(browser.get(address), 400, "did not confirm this sign-in")
    provider.claims = {"nonce": "another"}
    assert refused(sign_in(browser), 400, "not known here any more")
    provider.claims = {"nonce": None}
    assert refused(sign_in(browser), 400, "not known here any more")


@pytest.mark.parametrize(
    ("claims", "status", "words"),
    [
        ({"aud": AUDIENCE}, 502, "is for another service"),
        ({"aud": [CLIENT_ID, "another"]}, 502, "is for another service"),
        ({"azp": "another"}, 502, "is for another service"),
        ({"iss": "https://another.example"}, 502, "do not agree"),
        ({"exp": 0}, 502, "not valid yet or no longer"),
        ({"nbf": 1 << 40}, 502, "not valid yet or no longer"),
        ({"iat": 1 << 40}, 502, "not valid yet or no longer"),
        ({"sub": 7}, 502, "do not agree"),
        ({"sub": None}, 403, "by which name"),
        ({"sub": "a\nb"}, 403, "by which name"),
        ({"pointsman_roles": ["king"]}, 403, "gives you no role"),
        ({"pointsman_networks": None}, 403, "names no network"),
    ],
)
def test_a_token_that_is_not_for_here_not_for_now_or_of_nobody_signs_nobody_in(
    browser, provider, claims, status, words
):
    provider.claims = claims
    assert refused(sign_in(browser), status, words)
    assert session_of(browser) is None


def test_several_services_may_share_a_token_that_names_who_asked_for_it(browser, provider):
    provider.claims = {"aud": [CLIENT_ID, "another"], "azp": CLIENT_ID}
    assert sign_in(browser).status_code == 303


def test_a_token_that_another_key_signed_signs_nobody_in(browser, provider):
    provider.key = STRANGE_KEY
    assert refused(sign_in(browser), 502, "do not agree")


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        ("access_denied", 403, "you or a rule there refused it"),
        ("<script>alert(1)</script>", 403, "you or a rule there refused it"),
        ("temporarily_unavailable", 503, "does not answer now"),
    ],
)
def test_who_refuses_at_the_provider_is_told_so_and_nothing_of_what_it_wrote_is_shown(
    browser, provider, error, status, words
):
    provider.refuses = error
    answer = sign_in(browser)
    assert refused(answer, status, words)
    assert "because" not in answer.text
    assert "alert(1)" not in answer.text
    assert "Example &amp; Co" in answer.text


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        ((400, "invalid_grant"), 400, "did not confirm"),
        ((401, "invalid_client"), 502, "do not agree"),
        ((500, "broken"), 503, "does not answer now"),
        ((302, "moved"), 502, "do not agree"),
    ],
)
def test_a_provider_that_gives_no_token_signs_nobody_in(browser, provider, answer, status, words):
    provider.token_error = answer
    assert refused(sign_in(browser), status, words)


def test_a_provider_that_is_away_is_said_to_be(browser, provider):
    address = below(sent_back(at_provider(browser)))
    provider.is_down = True
    assert refused(browser.get(address), 503, "does not answer now")
    browser.application.wsgi_app._openid.flow._known = None
    assert refused(browser.get("/console/sign-in/provider"), 503, "does not answer now")
    french = browser.get("/console/sign-in/provider", headers={"Accept-Language": "fr"})
    assert "ne répond pas pour l’instant" in french.text


@pytest.mark.parametrize("page", ["http://provider.example/authorize", "javascript:alert(1)", 7, None])
def test_nobody_is_sent_to_a_page_that_others_could_read(browser, provider, page):
    provider.document_more = {"authorization_endpoint": page}
    assert refused(browser.get("/console/sign-in/provider"), 503, "does not answer now")


def test_only_the_consoles_own_pages_are_gone_to_afterwards(browser):
    for here in ("https://elsewhere.example/", "//elsewhere.example/", "/\\elsewhere.example"):
        client = browser.application.test_client()
        assert sign_in(client, here=here).headers["Location"] == "/console/"


def test_a_link_of_another_site_leads_to_the_consoles_own_page(browser, redis_client):
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):
        answer = browser.get("/console/sign-in/provider", headers=headers)
        assert answer.status_code == 200
        assert "Sign in with Example &amp; Co" in answer.text


def redirect_uri(address):
    return dict(parse_qsl(urlsplit(address).query))["redirect_uri"]


def test_the_provider_sends_people_back_to_where_their_browser_was(browser):
    assert redirect_uri(at_provider(browser)) == f"http://localhost{BACK}"
    assert redirect_uri(at_provider(browser, Host="shop.example:8443")) == f"http://shop.example:8443{BACK}"


class BehindPrefix:
    """A browser that knows the service below /pre, which a proxy takes away, by a name of its own."""

    def __init__(self, app):
        self.client = app.test_client(use_cookies=False)
        self.cookies = SimpleCookie()

    def get(self, address):
        path = below(address).removeprefix("/pre").rstrip("?")
        cookies = "; ".join(f"{cookie.key}={cookie.value}" for cookie in self.cookies.values())
        answer = self.client.get(
            path, headers={"Host": "inner:8080", "Cookie": cookies}, environ_overrides={"RAW_URI": path}
        )
        for header in answer.headers.getlist("Set-Cookie"):
            self.cookies.load(header)
        assert {cookie["path"] for cookie in self.cookies.values()} <= {"/pre/console"}
        return answer


def test_below_a_prefix_links_cookies_and_the_way_back_are_as_the_browser_sees_them(site, provider):
    provider.secret = "a secret: with/signs&é"
    with console_of(site, provider, proxied=True, console_url="https://shop.example/pre/console") as pointsman:
        browser = BehindPrefix(create_app(pointsman))
        began = browser.get("/pre/console/sign-in/provider?next=/policies").headers["Location"]
        assert redirect_uri(began) == f"https://shop.example/pre{BACK}"
        answer = browser.get(sent_back(began))
        assert answer.headers["Location"] == "/pre/console/policies", answer.text
        page = browser.get(answer.headers["Location"])
        assert page.status_code == 200
        assert 'href="/pre/console/' in page.text
        assert 'href="/console/' not in page.text
        # an id with a slash, as an address has it
        assert "there is no page at this address" not in browser.get("/pre/console/policies/drafts/a%2Fb").text


def test_an_address_begins_only_so_often(site, provider):
    with console_of(site, provider, proxied=True, failed_keys=RateLimit(requests=2, seconds=3_600)) as pointsman:
        browser = create_app(pointsman).test_client()
        browser.environ_base["REMOTE_ADDR"] = "192.0.2.44"
        assert redirect_uri(at_provider(browser, Host="shop.example")) == f"https://shop.example{BACK}"
        at_provider(browser)
        answer = browser.get("/console/sign-in/provider")
        assert refused(answer, 429, "too many have begun")
        assert 3_500 < int(answer.headers["Retry-After"]) <= 3_600


def test_who_came_and_went_stands_in_the_access_log(browser, site):
    sign_in(browser)
    token = site.pointsman.console_sessions.find(session_of(browser), used=False).csrf
    browser.post("/console/sign-out", data={"csrf": token})
    page = site.pointsman.accesses.page(AccessFilter(by="ada"), limit=2)
    assert [(one.what, one.query, one.through) for one in page.accesses] == [
        ("console_sign_out", "", "console"),
        ("console_sign_in", "provider", "console"),
    ]
    assert page.accesses[0].origin == "127.0.0.1"


def test_where_no_client_is_set_there_is_no_such_page(site):
    assert "Sign in with" not in site.client(None).get("/console/sign-in").text
    assert site.client(None).get("/console/sign-in/provider").status_code == 404


def test_a_document_of_another_provider_is_not_believed(provider):
    provider.document_more = {"issuer": "https://another.example"}
    with pytest.raises(ValueError, match=r"another\.example"):
        discovered(provider.issuer)
