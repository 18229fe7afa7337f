"""The officer takes a request from receipt to answer on its page, and nobody else opens it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from config.retention_rules import DataClass
from console import outdated_exports, request_obstacles, request_words
from messaging import carrying_out, rectifying
from privacy import holds, request_steps, requests
from privacy.requests import Asker
from storage.export_words import ExportEnd, ExportKind, ExportPlace, ExportReason
from storage.house import House, house, reading, transaction, utc_now
from storage.request_states import (
    DECISIONS,
    ExtensionReason,
    Ground,
    Outcome,
    ProofWay,
    RequestChannel,
    RequestKind,
    RequestState,
)
from storage.tables import (
    Call,
    Customer,
    Export,
    Invitation,
    Organisation,
    Restriction,
    RightsRequest,
    Role,
)
from survey.restrictions import Cause
from tests import rows
from tests.accounts import call_account
from tests.console.browsers import Browser
from tests.console.worlds import World
from tests.privacy.test_holds import LEGAL
from tests.privacy.test_logs_by_age import make_user, schedule

SignIn = Callable[..., Browser]
STRANGER = "+46701740699"


def ask(
    world: World, contact: str | None = None, *, kind: RequestKind = RequestKind.ERASURE
) -> UUID:
    keyring = house().keyring
    contact = contact or world.phone
    asker = Asker(contact, keyring.lookup_hash(world.organisation.id, "phone", contact))
    with transaction() as session:
        return requests.receive(
            session, world.organisation, asker, kind=kind, channel=RequestChannel.WEB,
            at=utc_now(), keyring=keyring,
        ).id  # fmt: skip


def stored(request_id: UUID) -> RightsRequest:
    with reading() as session:
        return session.get_one(RightsRequest, request_id)


def path(request_id: UUID) -> str:
    return f"/console/requests/{request_id}"


def test_the_officer_takes_it_from_receipt_to_answer(sign_in: SignIn, world: World) -> None:
    request_id = ask(world, kind=RequestKind.INFORMATION)
    officer = sign_in(Role.OFFICER, world.organisation)

    def step(**form: str) -> int:
        return officer.post(path(request_id), form).status_code

    assert step(step="extend", reason="complex") == 303
    assert "They know that it takes longer" in officer.get(path(request_id)).text
    assert step(step="tell_longer") == 303
    assert stored(request_id).extension_told_at is not None
    assert "They know that it takes longer" not in officer.get(path(request_id)).text
    assert step(step="prove", way="called_back") == 303
    assert step(step="decide", outcome="refused", ground="excessive") == 303
    assert stored(request_id).state is RequestState.DONE
    page = officer.get(path(request_id)).text
    for words in ("Extended", "Called back on the number we have", "Refused", "Asked again and"):
        assert words in page
    assert step(step="tell") == 303
    answered = officer.get(path(request_id)).text
    assert "Forgotten, as the request is answered" in answered
    assert stored(request_id).decided_by is not None


def test_what_the_person_takes_back_is_closed_and_stays_in_the_log(
    sign_in: SignIn, world: World, house: House
) -> None:
    request_id = ask(world)
    officer = sign_in(Role.OFFICER, world.organisation)
    officer.post(path(request_id), {"step": "prove", "way": "called_back"})
    assert "The person takes it back" in officer.get(path(request_id)).text

    answer = officer.post(path(request_id), {"step": "withdraw", "way": "seen_in_person"})

    assert answer.status_code == 303
    found = stored(request_id)
    assert (found.state, found.outcome) == (RequestState.TOLD, Outcome.WITHDRAWN)
    assert (found.contact_sealed, found.subject_hash, found.done_at) == (None, None, None)
    assert found.decided_by is not None
    assert house.keyring.keys([request_id]) == {}
    page = officer.get(path(request_id)).text
    assert "Taken back by the person" in page
    assert "The person takes it back" not in page
    again = officer.post(path(request_id), {"step": "withdraw", "way": "seen_in_person"})
    assert again.status_code == 409


def test_a_number_that_is_theirs_no_more_is_said_before_it_is_decided(
    sign_in: SignIn, world: World
) -> None:
    request_id = ask(world)
    officer = sign_in(Role.OFFICER, world.organisation)
    officer.post(path(request_id), {"step": "prove", "way": "called_back"})
    notice = "was corrected since"
    assert notice not in officer.get(path(request_id)).text
    with transaction() as session:
        customer = session.get_one(Customer, stored(request_id).customer_id)
        customer.phone_hash = house().keyring.lookup_hash(world.organisation.id, "phone", STRANGER)

    shown = officer.get(path(request_id)).text
    assert notice in shown
    assert "A customer" in shown


def test_what_is_kept_is_ticked_and_the_rest_is_granted(
    sign_in: SignIn, world: World, house: House
) -> None:
    request_id = ask(world)
    officer = sign_in(Role.OFFICER, world.organisation)
    other = sign_in(Role.OFFICER, rows.make_organisation())
    officer.post(path(request_id), {"step": "prove", "way": "called_back"})
    page = officer.get(path(request_id)).text
    assert f"Contact and answers {world.reference}" in page
    with reading() as session:
        contact = session.get_one(Invitation, world.invitation.id).interaction_id
    assert f'value="{contact}"' in page
    form = {"step": "decide", "outcome": "partly", "ground": "legal_claim"}

    none = officer.post(path(request_id), form)
    bad = officer.post(path(request_id), form | {"left_out": "all of it"})
    whole = officer.post(path(request_id), form | {"left_out": str(contact)})

    assert "choose what is left out" in none.text
    assert "from the list" in bad.text
    assert "so nothing is granted" in whole.text
    assert {one.status_code for one in (none, bad, whole)} == {409}
    assert other.post(path(request_id), form).status_code == 404
    called = rows.make_call(world.organisation.id, caller=world.phone)
    done = officer.post(path(request_id), form | {"left_out": str(contact)})
    assert done.status_code == 303
    carrying_out.carry_out(request_id, house=house, now=utc_now())
    shown = officer.get(path(request_id)).text
    assert "Granted in part" in shown
    assert "contact with its answers of 20" in shown
    with reading() as session:
        assert session.get(Call, called.id) is None
        assert session.get(Invitation, world.invitation.id) is not None


def test_nobody_decides_that_a_person_takes_a_request_back(sign_in: SignIn, world: World) -> None:
    request_id = ask(world)
    officer = sign_in(Role.OFFICER, world.organisation)
    officer.post(path(request_id), {"step": "prove", "way": "called_back"})

    answer = officer.post(path(request_id), {"step": "decide", "outcome": "withdrawn",
                                             "ground": "excessive"})  # fmt: skip

    assert answer.status_code == 409
    assert stored(request_id).state is RequestState.PROVEN


def test_a_granted_request_rings_the_worker(sign_in: SignIn, world: World, house: House) -> None:
    request_id = ask(world)
    officer = sign_in(Role.OFFICER, world.organisation)

    officer.post(path(request_id), {"step": "prove", "way": "seen_in_person"})
    officer.post(path(request_id), {"step": "decide", "outcome": "granted"})

    assert stored(request_id).state is RequestState.DECIDED
    jobs = house.bell.redis.keys("rq:job:carry_out_request-*")
    assert [key.decode().split("request-")[1] for key in jobs] == [str(request_id)]


def test_a_customer_and_a_stranger_are_told_apart_on_the_page_alone(
    sign_in: SignIn, world: World
) -> None:
    known, unknown = ask(world), ask(world, STRANGER)
    officer = sign_in(Role.OFFICER, world.organisation)

    assert "A customer" in officer.get(path(known)).text
    assert "No customer is known by this" in officer.get(path(unknown)).text
    page = officer.get("/console/requests").text
    ours = [text for one in (known, unknown) for text in (str(one), stored(one).reference)]
    for text in ours:  # any of which may have these digits by chance
        page = page.replace(text, "")
    assert "174" not in page
    assert "Not proven who asks" in page


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"step": "decide", "outcome": "granted"}, "It is not proven who asks"),
        ({"step": "decide", "outcome": "refused"}, "Choose the ground first"),
        ({"step": "prove", "way": ""}, "Choose the way first"),
        ({"step": "tell"}, "The request is received, so it cannot become told"),
    ],
)
def test_what_cannot_be_is_said_on_the_page_and_changes_nothing(
    sign_in: SignIn, world: World, form: dict[str, str], words: str
) -> None:
    request_id = ask(world)

    answer = sign_in(Role.OFFICER, world.organisation).post(path(request_id), form)

    assert answer.status_code == 409
    assert words in answer.text
    assert stored(request_id).state is RequestState.RECEIVED


def test_a_proof_that_only_a_machine_gives_cannot_be_chosen(sign_in: SignIn, world: World) -> None:
    request_id = ask(world)
    officer = sign_in(Role.OFFICER, world.organisation)

    form = {"step": "prove", "way": ProofWay.CODE_BY_MAIL.value}
    assert officer.post(path(request_id), form).status_code == 400
    assert officer.post(path(request_id), {"step": "dance"}).status_code == 400


def test_frozen_data_are_not_granted_to_be_erased(sign_in: SignIn, world: World) -> None:
    request_id = ask(world)
    rows.add(
        Restriction(
            organisation_id=world.organisation.id, customer_id=world.invitation.customer_id,
            cause="needed_for_claim", made_at=utc_now(),
        )
    )  # fmt: skip
    officer = sign_in(Role.OFFICER, world.organisation)
    officer.post(path(request_id), {"step": "prove", "way": "called_back"})

    answer = officer.post(path(request_id), {"step": "decide", "outcome": "granted"})

    assert (answer.status_code, "needs them for a legal claim" in answer.text) == (409, True)
    assert "needed_for_claim" not in answer.text
    assert stored(request_id).state is RequestState.PROVEN


def test_an_objection_that_waits_is_named_and_linked_before_an_erasure_is_tried(
    sign_in: SignIn, world: World
) -> None:
    objection, erasure = ask(world, kind=RequestKind.OBJECTION_TO_USE), ask(world)
    officer = sign_in(Role.OFFICER, world.organisation)
    prove = {"step": "prove", "way": "called_back"}
    officer.post(path(erasure), prove)
    assert "stands in the way" not in officer.get(path(erasure)).text
    officer.post(path(objection), prove)
    link = f'<a href="{path(objection)}">{stored(objection).reference}</a>'

    before = officer.get(path(erasure)).text
    tried = officer.post(path(erasure), {"step": "decide", "outcome": "granted"})
    own = officer.get(path(objection)).text
    refused = {"step": "decide", "outcome": "refused", "ground": "legal_claim"}
    assert officer.post(path(objection), refused).status_code == 303
    untold = officer.get(path(erasure)).text
    officer.post(path(objection), {"step": "tell"})

    for page in (before, tried.text):
        assert "decide it first" in page
        assert link in page
        assert "flask restrictions" not in page
        assert "objection_pending" not in page
    assert tried.status_code == 409
    assert "stands in the way" not in own
    assert "tell them its answer first" in untold
    assert "stands in the way" not in officer.get(path(erasure)).text


def test_a_hold_says_for_what_until_when_and_who_ends_it_before_an_erasure_is_tried(
    sign_in: SignIn, house: House, world: World
) -> None:
    with transaction() as session:
        found = session.get_one(Organisation, world.organisation.id)
        found.document = found.document | {"retention": schedule(answers=LEGAL)}
    owner = make_user(world.organisation.id)
    call_account(owner.id, "zqx-owner")
    with transaction() as session:
        hold = holds.add(
            session, session.get_one(Organisation, world.organisation.id),
            holds.of_class(DataClass.ANSWERS), reason="tvist 12", owner=owner,
            review_at=datetime(2999, 1, 31, 12, tzinfo=UTC), ends_at=None,
            keyring=house.keyring, now=utc_now(),
        ).id  # fmt: skip
    request_id = ask(world)
    officer = sign_in(Role.OFFICER, world.organisation)
    officer.post(path(request_id), {"step": "prove", "way": "called_back"})

    before = officer.get(path(request_id)).text
    tried = officer.post(path(request_id), {"step": "decide", "outcome": "granted"}).text

    for page in (before, tried):
        assert "A hold keeps all answers, for: tvist 12. zqx-owner answers for it" in page
        assert "on 31 Jan 2999" in page
        assert "flask holds release" not in page
        assert str(hold) not in page


def test_a_ground_with_a_grant_changes_nothing_and_is_said_to_belong_to_a_refusal(
    sign_in: SignIn, world: World
) -> None:
    request_id = ask(world)
    officer = sign_in(Role.OFFICER, world.organisation)
    officer.post(path(request_id), {"step": "prove", "way": "called_back"})

    form = {"step": "decide", "outcome": "granted", "ground": "legal_claim"}
    answer = officer.post(path(request_id), form)

    assert (answer.status_code, stored(request_id).state) == (409, RequestState.PROVEN)
    assert "A ground belongs to a refusal" in answer.text


@pytest.mark.parametrize("kind", [one for one in RequestKind if one is not RequestKind.OBJECTION])
def test_only_what_deletes_is_said_to_be_for_good(
    sign_in: SignIn, world: World, kind: RequestKind
) -> None:
    page = sign_in(Role.OFFICER, world.organisation).get(path(ask(world, kind=kind))).text

    assert ("granted cannot be taken back" in page) is (kind is RequestKind.ERASURE)
    assert ("stays deleted" in page) is (kind is RequestKind.OBJECTION_TO_USE)


def test_somebody_of_whom_nothing_is_kept_is_not_told_that_their_data_are_frozen(
    sign_in: SignIn, world: World
) -> None:
    request_id = ask(world, STRANGER, kind=RequestKind.RESTRICTION)
    officer = sign_in(Role.OFFICER, world.organisation)
    officer.post(path(request_id), {"step": "prove", "way": "called_back"})

    answer = officer.post(path(request_id), {"step": "decide", "outcome": "granted"})

    assert (answer.status_code, "Nothing is kept under this number" in answer.text) == (409, True)
    assert stored(request_id).state is RequestState.PROVEN


def test_what_was_granted_and_cannot_be_done_says_why_on_its_page(
    sign_in: SignIn, world: World
) -> None:
    request_id = ask(world, STRANGER, kind=RequestKind.RESTRICTION)
    with transaction() as session:
        found = session.get_one(RightsRequest, request_id)
        request_steps.prove(found, way=ProofWay.CALLED_BACK, at=utc_now())
        request_steps.decide(session, found, outcome=Outcome.GRANTED, at=utc_now())

    page = sign_in(Role.OFFICER, world.organisation).get(path(request_id)).text

    assert "Nothing is kept under this number" in page


def test_what_came_in_the_way_lets_the_officer_decide_anew(sign_in: SignIn, world: World) -> None:
    request_id = ask(world)
    officer = sign_in(Role.OFFICER, world.organisation)
    officer.post(path(request_id), {"step": "prove", "way": "called_back"})
    officer.post(path(request_id), {"step": "decide", "outcome": "granted"})
    assert "Decide anew" not in officer.get(path(request_id)).text
    assert officer.post(path(request_id), {"step": "reconsider"}).status_code == 409
    rows.add(
        Restriction(
            organisation_id=world.organisation.id, customer_id=world.invitation.customer_id,
            cause="needed_for_claim", made_at=utc_now(),
        )
    )  # fmt: skip

    assert "Decide anew" in officer.get(path(request_id)).text
    assert officer.post(path(request_id), {"step": "reconsider"}).status_code == 303

    assert stored(request_id).state is RequestState.PROVEN
    refusal = {"step": "decide", "outcome": "refused", "ground": "legal_claim"}
    assert officer.post(path(request_id), refusal).status_code == 303
    assert stored(request_id).state is RequestState.DONE


@pytest.mark.parametrize("role", [Role.STAFF, Role.SUPERVISOR, Role.OPERATOR, Role.CLIENT])
def test_nobody_but_the_officer_opens_it(sign_in: SignIn, world: World, role: Role) -> None:
    request_id = ask(world)
    browser = sign_in(role, world.organisation)

    assert browser.get(path(request_id)).status_code == 403
    assert browser.post(path(request_id), {"step": "tell"}).status_code == 403


def test_another_organisations_request_is_404(
    sign_in: SignIn, world: World, other_world: World
) -> None:
    request_id = ask(other_world)
    officer = sign_in(Role.OFFICER, world.organisation)

    assert officer.get(path(request_id)).status_code == 404
    assert (
        officer.post(path(request_id), {"step": "prove", "way": "called_back"}).status_code == 404
    )
    assert stored(request_id).state is RequestState.RECEIVED


def test_when_the_month_is_over_it_is_not_extended(sign_in: SignIn, world: World) -> None:
    request_id = ask(world)
    with transaction() as session:
        session.get_one(RightsRequest, request_id).due_at = utc_now() - timedelta(minutes=1)
    officer = sign_in(Role.OFFICER, world.organisation)

    page = officer.get(path(request_id)).text

    assert "Take two months more" not in page
    assert "late" in page


def test_everything_has_words() -> None:
    assert set(request_words.STATE) == set(RequestState)
    assert set(request_words.PROOF) == set(ProofWay)
    assert set(request_words.OUTCOME) == set(DECISIONS)
    assert set(request_words.DECIDED) == set(Outcome)
    assert set(request_words.GROUND) == set(Ground)
    assert set(request_words.EXTENSION) == set(ExtensionReason)
    assert set(request_obstacles.CAUSES) == set(Cause)


def export(world: World, **how: Any) -> UUID:
    made_at = how.pop("made_at", utc_now() - timedelta(days=1))
    row = Export(
        id=uuid4(), organisation_id=world.organisation.id,
        **{"kind": ExportKind.RESPONSES, "reason": ExportReason.QUALITY, "folder": "",
           "place": ExportPlace.ELSEWHERE, "suffix": ".csv", "made_at": made_at,
           "expires_at": made_at + timedelta(days=7)} | how,
    )  # fmt: skip
    rows.add(row)
    return row.id


@pytest.mark.parametrize("kind", [RequestKind.ERASURE, RequestKind.RECTIFICATION])
def test_the_page_lists_the_exports_made_before_and_who_is_to_be_told(
    sign_in: SignIn, world: World, kind: RequestKind
) -> None:
    long_ago, printed = utc_now() - timedelta(days=20), utc_now() - timedelta(days=2)
    there = export(world)
    stream = export(
        world, place=ExportPlace.STREAM, made_at=printed, closed_at=printed,
        ended=ExportEnd.HANDED_OUT,
    )  # fmt: skip
    others = [
        export(world, made_at=long_ago, closed_at=long_ago, ended=ExportEnd.REMOVED),
        export(world, kind=ExportKind.PACKAGE),
    ]
    request_id = ask(world, kind=kind)
    officer = sign_in(Role.OFFICER, world.organisation)
    before = officer.get(path(request_id)).text
    officer.post(path(request_id), {"step": "prove", "way": "seen_in_person"})
    officer.post(path(request_id), {"step": "decide", "outcome": "granted"})
    if kind is RequestKind.RECTIFICATION:
        with transaction() as session:
            row = session.get_one(RightsRequest, request_id)
            rectifying.correct(
                session, row, rectifying.Correction(name="Maja Rätt"), keyring=house().keyring,
                now=utc_now(),
            )  # fmt: skip
    later = export(world, made_at=utc_now() + timedelta(minutes=1))

    page = officer.get(path(request_id)).text

    assert "Exports from before" not in before
    assert "for: quality" in page
    assert "An alarm tells whoever runs the machine to remove it" in page
    assert "tell whoever got it" in page
    assert [str(one) in page for one in (there, stream)] == [True, True]
    assert [str(one) in page for one in (*others, later)] == [False] * 3


def test_every_kind_of_export_and_every_end_has_words() -> None:
    assert set(outdated_exports.KINDS) == set(ExportKind)
    assert set(outdated_exports._ENDED) | {ExportEnd.HANDED_OUT} == set(ExportEnd)


def test_an_objection_to_a_use_is_weighed_while_the_data_are_frozen(
    sign_in: SignIn, world: World
) -> None:
    request_id = ask(world, kind=RequestKind.OBJECTION_TO_USE)
    officer = sign_in(Role.OFFICER, world.organisation)

    def frozen() -> list[str]:
        with reading() as session:
            left = select(Restriction.cause).where(Restriction.lifted_at.is_(None))
            return list(session.scalars(left))

    assert "Weigh the reasons" not in officer.get(path(request_id)).text
    officer.post(path(request_id), {"step": "prove", "way": "called_back"})
    assert frozen() == ["objection_pending"]
    page = officer.get(path(request_id)).text
    assert "Weigh the reasons" in page
    assert 'value="overriding_grounds"' in page
    refused = {"step": "decide", "outcome": "refused", "ground": "overriding_grounds"}
    assert officer.post(path(request_id), refused).status_code == 303
    assert frozen() == ["objection_pending"]
    assert officer.post(path(request_id), {"step": "tell"}).status_code == 303
    assert (frozen(), stored(request_id).outcome) == ([], Outcome.REFUSED)


def test_what_weighs_more_than_an_objection_is_no_ground_against_an_erasure(
    sign_in: SignIn, world: World
) -> None:
    request_id = ask(world)
    officer = sign_in(Role.OFFICER, world.organisation)
    officer.post(path(request_id), {"step": "prove", "way": "called_back"})

    assert "overriding_grounds" not in officer.get(path(request_id)).text
    refused = {"step": "decide", "outcome": "refused", "ground": "overriding_grounds"}
    assert officer.post(path(request_id), refused).status_code == 409
