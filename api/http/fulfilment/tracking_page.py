"""GET /track/{number}: the page on which a customer sees where a parcel is."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from flask import Response, request
from marshmallow import fields, validate

from api.http.access.address_limits import AddressLimit
from api.http.access.networks import begin_request_on
from api.http.blueprint import OPEN, Blueprint, language_asked_for
from api.http.fulfilment.page.content import content_of
from api.http.fulfilment.page.page import OtherLanguage, OtherLanguages, parcel_page, plain_page, policy
from api.http.fulfilment.page.page_words import page_words
from api.http.fulfilment.tracking_links import PARCEL_TOKEN
from api.shapes.base import Strict
from api.shapes.language import language_field
from engine.errors import NotFound, NotReady
from engine.fulfilment.tracking.tracking import FoundParcel
from engine.service import Pointsman
from rules.wording.catalogue import available_languages

HTML = "text/html"


class PageQuery(Strict):
    lang = language_field("page")
    t = fields.String(
        load_default=None, validate=validate.Length(max=100), metadata={"description": "the parcel's token"}
    )


def blueprint(served: Sequence[Pointsman]) -> Blueprint:
    """The pages of a service that answers for these networks."""
    pages = Blueprint("tracking_page", __name__, description="Where parcels are, for customers")
    settings = served[0].settings
    limit = AddressLimit(
        served[0].request_counts, settings.tracking.page_limit, name="track", proxied=settings.access.proxied
    )

    @pages.get("/track/<string:number>", scope=OPEN)
    @pages.arguments(PageQuery, location="query")
    @pages.response(HTTPStatus.OK, content_type=HTML)
    def page(query: dict[str, Any], number: str) -> Response:
        """Where a parcel is, for its customer: a page in English or French, without anything of the order

        By setting, it asks for the parcel's token, too. An address may ask 60 times a minute.
        """
        language = language_asked_for(query["lang"])
        words, languages = page_words()[language], _others(language, query)
        wait = limit.seconds_to_wait(request)
        if wait:
            body = plain_page(words.too_many, words.too_many_hint, language, languages)
            response = _answer(body, language, HTTPStatus.TOO_MANY_REQUESTS)
            response.headers["Retry-After"] = str(wait)
            return response
        for pointsman in served if settings.tracking.page != "off" else ():
            begin_request_on(pointsman)
            found = _find(pointsman, number, query["t"] or "")
            if found is not None:
                pages_of = pointsman.fulfilment.tracking_pages
                content = content_of(found, words, town=pages_of.town(found.shipment), network_zone=pages_of.zone)
                return _answer(parcel_page(content, language, languages), language)
        body = plain_page(words.not_found, words.not_found_hint, language, languages)
        return _answer(body, language, HTTPStatus.NOT_FOUND)

    return pages


def _find(pointsman: Pointsman, number: str, token: str) -> FoundParcel | None:
    """None: no parcel goes by the number, or its token is another."""
    try:
        found = pointsman.fulfilment.tracking.find(number)
    except (NotFound, NotReady):
        return None
    if pointsman.settings.tracking.page == "token":
        return found if pointsman.fulfilment.tracking_pages.tokens.fits(found.parcel.sscc, token) else None
    return found


def _others(language: str, query: dict[str, Any]) -> OtherLanguages:
    token = {PARCEL_TOKEN: query["t"]} if query["t"] else {}
    return tuple(
        OtherLanguage(code=code, name=page_words()[code].language, address=f"?{urlencode({'lang': code, **token})}")
        for code in available_languages()
        if code != language
    )


def _answer(body: str, language: str, status: HTTPStatus = HTTPStatus.OK) -> Response:
    response = Response(body, status=status, content_type=f"{HTML}; charset=utf-8")
    response.headers["Content-Security-Policy"] = policy()
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Content-Language"] = language
    response.vary.add("Accept-Language")
    return response
