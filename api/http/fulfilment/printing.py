"""The calls about what is printed: jobs, printers, and test pages."""

from http import HTTPStatus
from typing import Any, get_args
from urllib.parse import quote

from flask import Response
from marshmallow import fields, validate

from api.http.audit.reads import print_access
from api.http.blueprint import Blueprint, answer, answer_made
from api.records.fulfilment.printing import (
    PrinterListRecord,
    PrinterRecord,
    PrinterTestRecord,
    PrintJobRecord,
    PrintJobsRecord,
)
from api.shapes.base import Strict
from api.shapes.cursors import PrintJobsCursor
from api.shapes.fields import QueryNumber, Word
from api.shapes.limits import MOST_HOLDS
from api.shapes.list_pages import PageByName, page_of_list
from engine.errors import NotFound
from engine.fulfilment.printing.print_job import PAPERS, JobState, Paper
from engine.service import Pointsman
from engine.store.audit.accesses import PreparedAccess


class PrintJobsQuery(Strict):
    state = fields.String(load_default="queued", validate=validate.OneOf(get_args(JobState)))
    node = Word(load_default=None)
    limit = QueryNumber(1, MOST_HOLDS, load_default=100)
    after = PrintJobsCursor(load_default=None, metadata={"description": "`next` of the page before"})


class PrintersQuery(PageByName):
    node = Word(load_default=None)


class PrintRequest(Strict):
    """What is to be printed once more. Without a node, where it was packed."""

    paper = fields.String(required=True, validate=validate.OneOf(PAPERS))
    of = Word(required=True, metadata={"description": "DECISION/NUMBER/PARCEL, or the id of a manifest or a return"})
    node = Word(load_default=None)
    op = Word(load_default=None)


def blueprint(pointsman: Pointsman) -> Blueprint:
    """What is printed for one Pointsman."""
    printing = Blueprint("printing", __name__, url_prefix="/v1", description="Papers that are printed at nodes")

    @printing.get("/print-jobs", scope=("orders", "audit:read"))
    @printing.arguments(PrintJobsQuery, location="query")
    @printing.response(HTTPStatus.OK, PrintJobsRecord)
    def jobs(query: dict[str, Any]) -> Response:
        """What is to be printed, was, or was given up"""
        page = pointsman.fulfilment.printing.page(**query)
        return answer(PrintJobsRecord.of(page, limit=query["limit"]))

    @printing.post("/print-jobs", scope="orders")
    @printing.arguments(PrintRequest)
    @printing.response(HTTPStatus.CREATED, PrintJobRecord)
    @printing.alt_response(HTTPStatus.OK, schema=PrintJobRecord, description="Asked for before")
    def add(body: dict[str, Any]) -> Response:
        """Print a paper once more: the same as before, so that nothing is bought again"""
        paper, of = body["paper"], body["of"]
        access = _access(pointsman, paper, of)
        added = pointsman.fulfilment.printing.add(paper, of, node=body["node"], op=body["op"], access=access)
        place = f"/v1/print-jobs/{quote(added.job.id, safe='')}"
        return answer_made(PrintJobRecord.of_job(added.job), place, new=not added.again)

    @printing.get("/print-jobs/<string:job>", scope=("orders", "audit:read"))
    @printing.response(HTTPStatus.OK, PrintJobRecord)
    def job(job: str) -> Response:
        """A print job as it stands"""
        return answer(PrintJobRecord.of_job(pointsman.fulfilment.printing.show(job)))

    @printing.post("/print-jobs/<string:job>/retry", scope="orders")
    @printing.response(HTTPStatus.OK, PrintJobRecord)
    def retry(job: str) -> Response:
        """Print what was given up; have the printer of what waits tried at once"""
        part = pointsman.fulfilment.printing
        stored = part.show(job)
        retried = part.retry(job, access=_access(pointsman, stored.paper, stored.of))
        return answer(PrintJobRecord.of_job(retried))

    @printing.delete("/print-jobs/<string:job>", scope="orders")
    @printing.response(HTTPStatus.NO_CONTENT)
    def drop(job: str) -> Response:
        """Don't print what waits or was given up"""
        pointsman.fulfilment.printing.drop(job)
        return Response(status=HTTPStatus.NO_CONTENT)

    @printing.get("/printers", scope=("orders", "audit:read"))
    @printing.arguments(PrintersQuery, location="query")
    @printing.response(HTTPStatus.OK, PrinterListRecord)
    def printers(query: dict[str, Any]) -> Response:
        """The printers of nodes, and which can't print at present"""
        every = pointsman.fulfilment.printing.printers(query.pop("node"))
        page, following = page_of_list(every, lambda item: f"{item.node}/{item.paper}", **query)
        return answer(PrinterListRecord([PrinterRecord.of(item) for item in page], following))

    @printing.post("/printers/<string:node>/<string:paper>/test", scope="orders")
    @printing.response(HTTPStatus.OK, PrinterTestRecord)
    def test(node: str, paper: str) -> Response:
        """Send a test page to the printer of a node for a paper, at once"""
        known = next((name for name in PAPERS if name == paper), None)
        if known is None:
            raise NotFound(f"'{paper}' is no paper; there are {', '.join(PAPERS)}")
        return answer(PrinterTestRecord.of(pointsman.fulfilment.printing.test(node, known)))

    return printing


def _access(pointsman: Pointsman, paper: Paper, of: str) -> PreparedAccess:
    """Who has it printed. Where it can't be read what it is about, nothing is printed."""
    about = pointsman.fulfilment.papers.about(paper, of)
    return print_access(pointsman, about.id, about.order)
