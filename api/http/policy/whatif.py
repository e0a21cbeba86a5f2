"""What drafts of policies would have done to the orders of the past: asked for, followed, cancelled."""

from http import HTTPStatus
from typing import Any

from flask import Response, url_for

from api.http.blueprint import Blueprint, answer, language_asked_for
from api.http.each_request.key_header import operation_of_key
from api.http.policy.report_answer import HTML, report_answer
from api.http.policy.whatif_request import WhatIfRequest, job_request
from api.records.whatif_jobs import WhatIfJobRecord, WhatIfJobsRecord
from api.shapes.base import Strict
from api.shapes.cursors import HoldsCursor, holds_cursor
from api.shapes.fields import QueryNumber
from api.shapes.language import language_field
from api.shapes.list_pages import page_of_list
from api.shapes.order import OrderRequest
from api.shapes.quantities import quantities_of
from api.whatif.trial import trial_of
from engine.errors import NotFound
from engine.service import Pointsman


class ReportQuery(Strict):
    lang = language_field("page")


class WhatIfsQuery(Strict):
    limit = QueryNumber(1, 1_000, load_default=100)
    after = HoldsCursor(load_default=None, metadata={"description": "`next` of the page before"})


def blueprint(pointsman: Pointsman) -> Blueprint:
    """The what-ifs of one Pointsman."""
    whatifs = Blueprint(
        "whatif", __name__, url_prefix="/v1/whatif", description="What drafts would have done to the orders of the past"
    )

    order_request = OrderRequest(max_lines=pointsman.settings.max_lines, quantities=quantities_of(pointsman))

    @whatifs.post("", scope="policies:publish")
    @whatifs.arguments(WhatIfRequest(order_request=order_request))
    @whatifs.response(HTTPStatus.ACCEPTED, WhatIfJobRecord)
    def begin(body: dict[str, Any]) -> Response:
        """Have drafts of policies, or of the network, tried on past decisions or on orders, beside this service

        Nothing is changed, and nothing has to be published. The answer comes at once; `GET` says how far it is.
        """
        request = job_request(pointsman, body)
        trial_of(pointsman, request)  # raises what is wrong with it: then nothing is kept
        job = pointsman.whatifs.add(request, operation=operation_of_key())
        response = answer(WhatIfJobRecord.of(job), HTTPStatus.ACCEPTED)
        response.headers["Location"] = url_for("whatif.show", job=job.id)
        return response

    @whatifs.get("", scope=("policies:read", "orders"))
    @whatifs.arguments(WhatIfsQuery, location="query")
    @whatifs.response(HTTPStatus.OK, WhatIfJobsRecord)
    def listed(query: dict[str, Any]) -> Response:
        """What was asked for, the latest first"""
        page, following = page_of_list(
            pointsman.whatifs.all(), lambda job: (job.created_at, job.id), last_first=True, **query
        )
        return answer(WhatIfJobsRecord.of(page, holds_cursor(following)))

    @whatifs.get("/<string:job>", scope="policies:read")
    @whatifs.response(HTTPStatus.OK, WhatIfJobRecord)
    def show(job: str) -> Response:
        """How far a what-if is and, once it is done, what came of it"""
        found = pointsman.whatifs.show(job)
        return answer(WhatIfJobRecord.of(found, pointsman.whatifs.result(found)))

    @whatifs.get("/<string:job>/report", scope="policies:read")
    @whatifs.arguments(ReportQuery, location="query")
    @whatifs.response(HTTPStatus.OK, content_type=HTML)
    def report(query: dict[str, Any], job: str) -> Response:
        """What came of a what-if, as a page to look at, once it is done"""
        found = pointsman.whatifs.show(job)
        result = pointsman.whatifs.result(found)
        if result is None:
            raise NotFound(f"the what-if '{job}' is {found.state}; it has a report once it is done")
        return report_answer(result, language_asked_for(query["lang"]))

    @whatifs.delete("/<string:job>", scope="policies:publish")
    @whatifs.response(HTTPStatus.NO_CONTENT)
    def cancel(job: str) -> Response:
        """Cancel a what-if that waits or runs; forget one that has ended, with its result"""
        pointsman.whatifs.cancel(job)
        return Response(status=HTTPStatus.NO_CONTENT)

    return whatifs
