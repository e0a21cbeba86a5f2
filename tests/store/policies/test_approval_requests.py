"""Somebody asks that a version be approved; another person approves or declines it, or it is taken back."""

import itertools

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from engine.access.settings import AccessSettings
from engine.errors import (
    ApprovalNotNeeded,
    ApprovalRequestConflict,
    InputInvalid,
    KeyReused,
    NotApproved,
    NotFound,
    NotPermitted,
    PointsmanError,
)
from engine.service import Pointsman
from engine.settings import Settings
from engine.store import policy_approvals
from engine.store.log.decision_log import entries
from tests.support.examples import examples
from tests.support.facts import policy_file
from tests.support.lossy_proxy import proxy

HOUR = 3_600


@pytest.fixture
def service(pointsman, server_url, network, clock):
    """Versions need approval."""
    settings = Settings(redis_url=server_url, network=network, access=AccessSettings(four_eyes=True))
    with Pointsman(settings, clock=clock) as service:
        yield service


@pytest.fixture
def version(service):
    """That Ada published."""
    return service.publish(policy_file("then: {hold: 2 h}"), who="Ada", note="").version


def listed(service, version):
    (found,) = (item for item in service.versions.published() if item.version == version)
    return found


def kinds(service, version):
    return [change.kind for change in service.versions.history() if change.version == version]


def logged(service, version):
    log = entries(service._client, service._keys)
    return [(entry.kind, entry.caller, entry.details) for entry in log if entry.decision == version]


def test_who_asks_stands_at_the_version_until_another_person_approves_it(service, version, clock):
    approvals, wished = service.versions.approvals, clock.now + HOUR
    assert listed(service, version).needs_approval
    approvals.ask(version, who="Ada", note="for the sale", activate_at=wished)
    request = listed(service, version).request
    assert (request.who, request.at, request.note, request.activate_at) == ("Ada", clock.now, "for the sale", wished)
    assert request.is_open
    approvals.approve(version, who="Bob", note="read it")
    found = listed(service, version)
    assert (found.request, found.needs_approval, found.approvers) == (None, False, ("Bob",))
    assert kinds(service, version) == ["published", "asked", "approved"]
    assert logged(service, version)[1:] == [
        ("policy_approval_asked", "Ada", {"note": "for the sale", "activate_at": wished}),
        ("policy_approved", "Bob", {"note": "read it"}),
    ]
    service.versions.activate(version, who="Ada", note="")
    assert service.versions.timeline().active == version


def test_asking_again_changes_nothing_and_somebody_else_is_told_who_has_asked(service, version):
    approvals = service.versions.approvals
    approvals.ask(version, who="Ada", note="please", operation="first")
    approvals.ask(version, who="Ada", note="please, please")
    approvals.ask(version, who="Ada", note="", operation="second")
    with pytest.raises(ApprovalRequestConflict, match="'Ada' has asked for the approval"):
        approvals.ask(version, who="Eve", note="")
    assert kinds(service, version) == ["published", "asked"]
    assert listed(service, version).request.note == "please"
    approvals.decline(version, who="Bob", note="no")
    for operation in ("first", "second"):  # that is sent again is no new request, whatever became of it
        approvals.ask(version, who="Ada", note="please", operation=operation)
    assert kinds(service, version) == ["published", "asked", "declined"]
    with pytest.raises(KeyReused):
        approvals.take_back(version, who="Ada", note="", operation="first")


def test_only_who_asked_takes_it_back_and_only_once(service, version):
    approvals = service.versions.approvals
    with pytest.raises(ApprovalRequestConflict, match="nobody asks"):
        approvals.take_back(version, who="Ada", note="")
    approvals.ask(version, who="Ada", note="")
    with pytest.raises(NotPermitted, match="somebody else than 'Bob' asked"):
        approvals.take_back(version, who="Bob", note="")
    approvals.take_back(version, who="Ada", note="a price is wrong")
    assert listed(service, version).request is None
    assert logged(service, version)[-1] == ("policy_approval_taken_back", "Ada", {"note": "a price is wrong"})
    with pytest.raises(ApprovalRequestConflict, match="has taken back"):
        approvals.take_back(version, who="Ada", note="")
    approvals.ask(version, who="Eve", note="mine")
    assert listed(service, version).request.who == "Eve"


def test_who_could_approve_declines_with_a_reason_and_it_can_be_asked_for_again(service, version, clock):
    approvals = service.versions.approvals
    approvals.ask(version, who="Ada", note="")
    with pytest.raises(InputInvalid, match="note"):
        approvals.decline(version, who="Bob", note=" ")
    with pytest.raises(NotPermitted, match="'Ada' asked for the approval"):
        approvals.decline(version, who="Ada", note="no")
    clock.now += 60
    approvals.decline(version, who="Bob", note="it has no last day")
    declined = listed(service, version).request.declined
    assert (declined.who, declined.at, declined.note) == ("Bob", clock.now, "it has no last day")
    assert logged(service, version)[-1] == ("policy_approval_declined", "Bob", {"note": "it has no last day"})
    for act in (approvals.decline, approvals.take_back):
        with pytest.raises(ApprovalRequestConflict, match="'Bob' has declined"):
            act(version, who="Ada", note="again")
    with pytest.raises(NotApproved):
        service.versions.activate(version, who="Ada", note="")
    approvals.ask(version, who="Ada", note="it has one now")
    assert listed(service, version).request.is_open
    approvals.decline(version, who="Bob", note="no")
    approvals.approve(version, who="Bob", note="after all")
    assert listed(service, version).request is None


def test_who_published_it_alone_does_not_decline_what_another_person_asks(service, version):
    service.versions.approvals.ask(version, who="Bob", note="")
    with pytest.raises(NotApproved, match="'Ada' published"):
        service.versions.approvals.decline(version, who="Ada", note="no")
    service.publish(policy_file("then: {hold: 2 h}"), who="Zoe", note="")
    assert listed(service, version).other_publishers == ("Zoe",)
    service.versions.approvals.decline(version, who="Ada", note="no")


def test_a_version_that_needs_no_approval_is_not_asked_for(service, pointsman, version, clock):
    ask = service.versions.approvals.ask
    with pytest.raises(ApprovalNotNeeded, match="need no approval here"):
        pointsman.versions.approvals.ask(version, who="Ada", note="")
    assert not listed(pointsman, version).needs_approval
    with pytest.raises(ApprovalNotNeeded, match="is active"):
        ask(service.versions.timeline().active, who="Ada", note="")
    with pytest.raises(NotFound):
        ask("0" * 64, who="Ada", note="")
    with pytest.raises(InputInvalid, match="activate_at"):
        ask(version, who="Ada", note="", activate_at=clock.now)
    service.versions.approvals.approve(version, who="Bob", note="")
    with pytest.raises(ApprovalNotNeeded, match="Bob approved"):
        ask(version, who="Ada", note="")
    assert kinds(service, version) == ["published", "approved"]


@pytest.mark.parametrize("since", [None, HOUR])
def test_what_is_let_decide_by_an_override_is_asked_for_no_more(service, version, clock, since):
    service.versions.approvals.ask(version, who="Ada", note="")
    service.versions.activate(
        version, who="Ada", note="the site is down", override=True, since=since and clock.now + since
    )
    assert listed(service, version).request is None
    with pytest.raises(ApprovalRequestConflict):
        service.versions.approvals.decline(version, who="Bob", note="no")


def test_of_an_answer_and_a_request_taken_back_in_the_same_moment_one_stands(service, version, monkeypatch):
    """Another process acts between what is read and what is written."""
    approvals, change = service.versions.approvals, policy_approvals.change_request
    approvals.ask(version, who="Ada", note="")

    def after_another(act):
        def changed(*arguments, **more):
            monkeypatch.setattr(policy_approvals, "change_request", change)
            act()
            return change(*arguments, **more)

        monkeypatch.setattr(policy_approvals, "change_request", changed)

    after_another(lambda: approvals.take_back(version, who="Ada", note=""))
    with pytest.raises(ApprovalRequestConflict, match="has taken back"):
        approvals.decline(version, who="Bob", note="no")
    after_another(lambda: approvals.ask(version, who="Eve", note=""))
    with pytest.raises(ApprovalRequestConflict, match="'Eve' has asked"):
        approvals.ask(version, who="Ada", note="")
    after_another(lambda: service.publish(policy_file("then: {hold: 3 h}"), who="Ada", note=""))
    approvals.decline(version, who="Bob", note="what others publish meanwhile is no matter")
    after_another(lambda: approvals.approve(version, who="Bob", note=""))
    with pytest.raises(ApprovalNotNeeded):
        approvals.ask(version, who="Ada", note="")
    assert kinds(service, version) == ["published", "asked", "taken_back", "asked", "declined", "approved"]


def test_who_says_which_request_they_answer_approves_nothing_that_was_taken_back(service, version, clock, monkeypatch):
    approvals, approve = service.versions.approvals, policy_approvals.approve
    approvals.ask(version, who="Ada", note="")
    asked = ("Ada", clock.now)

    def after_another(*arguments, **more):
        monkeypatch.setattr(policy_approvals, "approve", approve)
        approvals.take_back(version, who="Ada", note="a price is wrong")
        return approve(*arguments, **more)

    monkeypatch.setattr(policy_approvals, "approve", after_another)
    with pytest.raises(ApprovalRequestConflict, match=r"'Ada' has taken back .* a price is wrong"):
        approvals.approve(version, who="Bob", note="", answers=asked)
    with pytest.raises(ApprovalRequestConflict, match="'Eve' does not ask"):
        approvals.approve(version, who="Bob", note="", answers=("Eve", clock.now))
    assert approvals.of(version) == ()
    clock.now += 1
    approvals.ask(version, who="Ada", note="")
    for _ in range(2):  # once more under its key, it is answered again
        approvals.approve(version, who="Bob", note="", answers=("Ada", clock.now), operation="o")
    with pytest.raises(ApprovalRequestConflict, match="'Bob' has approved"):
        approvals.approve(version, who="Eve", note="", answers=("Ada", clock.now))
    assert approvals.of(version) == ("Bob",)


def test_a_request_whose_reply_is_lost_is_made_once(service, version, server_url, network, clock):
    with proxy(server_url) as before:
        its_settings = Settings(redis_url=before.url, network=network, access=service.settings.access)
        with Pointsman(its_settings, clock=clock) as behind:
            behind.versions.approvals.ask(version, who="Ada", note="")
            behind.versions.approvals.take_back(version, who="Ada", note="")
            before.lose_reply_to = b"asked"
            behind.versions.approvals.ask(version, who="Ada", note="once")
        assert before.lost_replies == 1
    assert kinds(service, version) == ["published", "asked", "taken_back", "asked"]


ACTS = st.tuples(st.sampled_from(["ask", "take_back", "decline", "approve"]), st.sampled_from(["Ada", "Bob", "Eve"]))
NUMBERS = itertools.count()


class Model:
    """What may be done with a version that Ada published, in a few words."""

    def __init__(self):
        self.asks, self.declined, self.approved, self.kinds = None, False, False, ["published"]

    def may(self, act, who):
        is_open = self.asks is not None and not self.declined
        match act:
            case "ask":
                return not self.approved and (self.declined or self.asks in (None, who))
            case "take_back":
                return is_open and self.asks == who
            case "decline":
                return is_open and who not in (self.asks, "Ada")
        return who != "Ada"

    def do(self, act, who, approvers):
        if act == "ask" and (self.asks is None or self.declined):
            self.asks, self.declined = who, False
            self.kinds.append("asked")
        elif act == "take_back":
            self.asks = None
            self.kinds.append("taken_back")
        elif act == "decline":
            self.declined = True
            self.kinds.append("declined")
        elif act == "approve" and who not in approvers:
            self.asks, self.declined, self.approved = None, False, True
            self.kinds.append("approved")


@examples(100, in_suite=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ACTS, min_size=3, max_size=7))
def test_whatever_people_do_a_request_stands_until_it_is_answered_or_taken_back(service, acts):
    version = service.publish(policy_file(f"then: {{hold: {next(NUMBERS) + 5} h}}"), who="Ada", note="").version
    model = Model()
    for act, who in acts:
        approvers = service.versions.approvals.of(version)
        try:
            getattr(service.versions.approvals, act)(version, who=who, note="why")
        except PointsmanError:
            assert not model.may(act, who)
        else:
            assert model.may(act, who)
            model.do(act, who, approvers)
        request = listed(service, version).request
        assert (None if request is None else (request.who, not request.is_open)) == (
            None if model.asks is None else (model.asks, model.declined)
        )
    assert kinds(service, version) == model.kinds
