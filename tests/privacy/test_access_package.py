"""The package holds everything that is kept of the person who asks, and nothing of anybody else."""

import io
import json
import wave
import zipfile
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from config.campaign_rules import LegalBasis
from privacy import access_package, access_words, request_steps, requests
from privacy.access_contacts import Why
from privacy.access_words import ACCESS
from storage.export_words import ExportEnd, ExportKind, ExportPlace, ExportReason
from storage.house import House, reading, transaction
from storage.listening_words import Act, Purpose
from storage.matters import CaseKind, HoldScope
from storage.request_states import Outcome, ProofWay, RequestChannel, RequestKind
from storage.states import CommentKind, TextWord
from storage.tables import (
    Answer,
    Call,
    Campaign,
    Case,
    Comment,
    Consent,
    Customer,
    Export,
    Hold,
    Listening,
    Message,
    Objection,
    Organisation,
    PermissionDecision,
    ReceivedText,
    Receiver,
    Recording,
    Response,
    Restriction,
    RightsRequest,
    Role,
    ThrottleToken,
    User,
)
from survey.permission_record import to_document
from tests.privacy.traces import leave_traces, make_message, make_recording
from tests.rows import NOON, add, make_mailbox, make_organisation, sid
from tests.survey.test_permission import GOOD

CALLER = "+46701740606"  # of the telephone message


def everything(house: House, organisation: Organisation, *, basis: str = "consent") -> Customer:
    """A customer who answered, spoke, typed, left a message, said no, and was listened to."""
    person = leave_traces(house, organisation=organisation)
    typed = Comment(
        id=uuid4(), organisation_id=organisation.id, response_id=person.response.id,
        question_key="more", kind=CommentKind.TYPED, made_at=NOON,
    )  # fmt: skip
    typed.text_sealed = house.keyring.seal_one(typed.id, "comment.text", "Ring Eva, 0701740699")
    user = User(
        id=uuid4(), organisation_id=organisation.id,
        role=Role.STAFF, password_hash="x", created_at=NOON,
    )  # fmt: skip
    matter = Case(
        id=uuid4(), organisation_id=organisation.id, customer_id=person.customer.id,
        interaction_id=uuid4(), kind=CaseKind.COMPLAINT, opened_at=NOON, collected_at=NOON,
    )  # fmt: skip
    matter.note_sealed = house.keyring.seal_one(matter.id, "case.note", "ring på måndag")
    add(typed, user, matter)
    make_message(house, mailbox=make_mailbox(organisation, name="Felanmälan"))
    caller = house.keyring.lookup_hash(organisation.id, "phone", CALLER)
    hashed = {"organisation_id": organisation.id, "subject_hash": caller}
    add(
        Listening(
            organisation_id=organisation.id, user_id=user.id, item_id=person.recording.id,
            sitting_id=uuid4(), listened_at=NOON,
        ),
        Objection(**hashed, method="sms", source="web", made_at=NOON),
        Consent(**hashed, method="calls", source="web form", given_at=NOON),
        ReceivedText(**hashed, provider_sid=sid("SM"), word=TextWord.OTHER, received_at=NOON),
    )  # fmt: skip
    with transaction() as session:
        customer = session.get_one(Customer, person.customer.id)
        customer.phone_hash = caller
        campaign = session.get_one(Campaign, person.response.campaign_id)
        campaign.rules = {"legal_basis": basis}
    return customer


def package(
    house: House,
    customer: Customer,
    folder: Path,
    *,
    kind: RequestKind = RequestKind.ACCESS,
    language: str | None = "sv",
    why: Why | None = None,
) -> zipfile.ZipFile:
    with transaction() as session:
        request = requests.open_request(
            session, session.get_one(Customer, customer.id), kind=kind,
            channel=RequestChannel.TELEPHONE, at=NOON,
        )  # fmt: skip
        request_steps.prove(request, way=ProofWay.CALLED_BACK, at=NOON)
        request_steps.decide(session, request, outcome=Outcome.GRANTED, at=NOON)
        request.language = language
    out = folder / f"{uuid4().hex}.zip"
    with reading() as session:
        made = access_package.prepare(
            session, session.get_one(RightsRequest, request.id), keyring=house.keyring,
            mask=lambda text, _: text.replace("0701740699", "•••"), now=NOON, why=why,
        )  # fmt: skip
    parts = access_package.parts(made, keyring=house.keyring, blobs=house.blobs)
    out.write_bytes(b"".join(parts))
    return zipfile.ZipFile(out)


def data_of(archive: zipfile.ZipFile) -> dict[str, Any]:
    return json.loads(archive.read("data.json"))  # type: ignore[no-any-return]


def test_it_holds_everything_that_is_sealed_about_the_person(house: House, tmp_path: Path) -> None:
    person = everything(house, make_organisation())
    with transaction() as session:
        session.get_one(Customer, person.id).source = "order form"
    archive = package(house, person, tmp_path)

    data = data_of(archive)
    assert data["person"]["source"] == "order form"
    (case,) = data["cases"]
    assert data["person"]["name"] == "Kund Kundsson"
    assert data["person"]["phone"].startswith("+46")
    assert data["person"]["email"].endswith("@example.org")
    assert case["response"]["answers"][0]["value"] == 9
    spoken, typed = sorted(case["response"]["comments"], key=lambda one: one["kind"])
    assert spoken["recordings"][0]["transcript"] == "bra"
    assert typed["text"] == "Ring Eva, •••"
    assert case["attempts"]
    assert case["decisions"][0]["rule"] == "test"
    (message,) = data["messages"]
    assert (message["mailbox"], len(message["recordings"])) == ("Felanmälan", 1)
    assert data["matters"][0]["note"] == "ring på måndag"
    for name in ("calls_to_us", "objections", "consents", "text_messages", "kept_for"):
        assert data[name], name


def test_the_sound_is_there_opened_and_named_by_the_page(house: House, tmp_path: Path) -> None:
    archive = package(house, everything(house, make_organisation()), tmp_path)

    sounds = [name for name in archive.namelist() if name.startswith("audio/")]
    assert len(sounds) == 2
    page = archive.read("index.html").decode()
    for name in sounds:
        with wave.open(io.BytesIO(archive.read(name))) as file:
            assert file.getnframes() > 0
        assert f'src="{name}"' in page


def test_who_listened_is_told_by_role_and_never_by_name(house: House, tmp_path: Path) -> None:
    archive = package(house, everything(house, make_organisation()), tmp_path)

    (case,) = data_of(archive)["cases"]
    spoken = next(one for one in case["response"]["comments"] if one["recordings"])
    (heard,) = spoken["recordings"][0]["listened_to"]
    of_before = {"purpose": None, "case_opened_at": None}
    assert heard == {"by": "staff", "at": NOON.isoformat(timespec="seconds")} | of_before
    assert b"u-" not in archive.read("data.json").replace(b"survey", b"")


def test_nothing_of_anybody_else_is_in_it(house: House, tmp_path: Path) -> None:
    organisation, elsewhere = make_organisation(), make_organisation()
    customer = everything(house, organisation)
    neighbour = leave_traces(house, organisation=organisation)
    everything(house, elsewhere)  # the same number with somebody else

    archive = package(house, customer, tmp_path)

    data = data_of(archive)
    text = archive.read("data.json").decode() + archive.read("index.html").decode()
    opened = house.keyring.open(
        neighbour.customer.id, "customer.phone", neighbour.customer.phone_sealed
    )
    assert opened is not None
    assert opened not in text
    assert (len(data["cases"]), len(data["messages"])) == (1, 1)


@pytest.mark.parametrize("basis", ["consent", "contract", "legitimate_interest"])
def test_taking_along_is_for_what_the_person_gave_on_consent_or_contract(
    house: House, tmp_path: Path, basis: str
) -> None:
    customer = everything(house, make_organisation(), basis=basis)

    archive = package(house, customer, tmp_path, kind=RequestKind.PORTABILITY)

    data = data_of(archive)
    sounds = [name for name in archive.namelist() if name.startswith("audio/")]
    given = basis != "legitimate_interest"
    assert (len(data["cases"]), len(sounds)) == ((1, 1) if given else (0, 0))
    assert "objections" not in data
    assert all("decisions" not in case for case in data["cases"])
    assert all("handled_at" not in case["response"] for case in data["cases"])
    # Nor, however deep, anything else that we did or marked about it.
    ours = {"sensitive_steps", "sensitive_at", "transcript_state", "transcript_begun_at",
            "transcript_done_at", "read_by", "listened_to", "reviewed_at"}  # fmt: skip
    assert _names(data) & ours == set()


def test_what_was_erased_meanwhile_is_left_out(house: House, tmp_path: Path) -> None:
    customer = everything(house, make_organisation())
    with reading() as session:
        recording = session.query(Recording).filter(Recording.message_id.is_not(None)).one()
        assert session.query(Message).count() == 1
    house.keyring.destroy([recording.id])

    archive = package(house, customer, tmp_path)

    assert len([name for name in archive.namelist() if name.startswith("audio/")]) == 1


@pytest.mark.parametrize("language", [*ACCESS, "de", None])
def test_the_page_speaks_the_persons_language_and_has_a_word_for_everything(
    house: House, tmp_path: Path, language: str | None
) -> None:
    archive = package(house, everything(house, make_organisation()), tmp_path, language=language)

    spoken = language if language in ACCESS else "en"
    page = archive.read("index.html").decode()
    assert f'<html lang="{spoken}">' in page
    assert ACCESS[spoken or "en"].title in page
    names = _names(data_of(archive)) - {"schema", "reference", "organisation"}
    head = {"privacy_email", "data_protection_officer", "authority"}
    unknown = names - head - set(ACCESS["en"].labels) - set(access_words.SECTIONS)
    assert unknown == set()


def test_a_no_and_a_yes_that_were_taken_back_are_told_as_that(house: House, tmp_path: Path) -> None:
    customer = everything(house, make_organisation())
    later = NOON + timedelta(days=3)
    with transaction() as session:
        session.query(Objection).update({"withdrawn_at": later, "withdrawn_source": "web"})
        session.query(Consent).update({"withdrawn_at": later, "expires_at": later})

    data = data_of(package(house, customer, tmp_path))

    (no,), (yes,) = data["objections"], data["consents"]
    assert (no["source"], no["withdrawn_source"]) == ("web", "web")
    assert no["withdrawn_at"] == yes["withdrawn_at"] == yes["expires_at"] == moment(later)
    assert yes["source"] == "web form"


def test_a_restriction_of_one_call_is_told_with_its_end(house: House, tmp_path: Path) -> None:
    customer = everything(house, make_organisation())
    with reading() as session:
        call = session.query(Call).filter(Call.caller_hash.is_not(None)).one()
    add(
        Restriction(
            organisation_id=customer.organisation_id, call_id=call.id, cause="accuracy",
            made_at=NOON, lifted_at=NOON,
        )
    )  # fmt: skip

    (told,) = data_of(package(house, customer, tmp_path))["restrictions"]

    assert (told["cause"], told["lifted"], told["lifted_at"]) == ("accuracy", True, moment(NOON))


def test_sound_that_became_no_comment_is_there_too(house: House, tmp_path: Path) -> None:
    customer = everything(house, make_organisation())
    with reading() as session:
        spoken = session.query(Recording).filter(Recording.comment_id.is_not(None)).one()
        asked = session.get_one(Call, spoken.call_id)
        came = session.query(Call).filter(Call.caller_hash.is_not(None)).one()
    for call in (asked, came):
        make_recording(house, call, at=NOON, visit=9)

    archive = package(house, customer, tmp_path)

    data = data_of(archive)
    (case,), (call_in,) = data["cases"], data["calls_to_us"]
    assert (len(case["recordings"]), len(call_in["recordings"])) == (1, 1)
    assert len([name for name in archive.namelist() if name.startswith("audio/")]) == 4


def test_the_legal_basis_and_the_purpose_are_those_of_the_time(
    house: House, tmp_path: Path
) -> None:
    customer = everything(house, make_organisation(), basis="consent")
    facts = GOOD
    usual = to_document(facts)
    with transaction() as session:
        decision = session.query(PermissionDecision).one()
        decision.facts = to_document(replace(facts, legal_basis=LegalBasis.CONTRACT))
    first = data_of(package(house, customer, tmp_path))["cases"][0]
    with transaction() as session:
        session.query(PermissionDecision).one().facts = usual
    second = data_of(package(house, customer, tmp_path))["cases"][0]

    assert (first["legal_basis"], first["purpose"]) == ("contract", "survey")
    assert first["decisions"][0]["legal_basis"] == "contract"
    assert (second["legal_basis"], "basis" in usual) == (facts.legal_basis.value, False)


def test_the_number_of_a_message_and_of_a_call_to_us_is_told(house: House, tmp_path: Path) -> None:
    data = data_of(package(house, everything(house, make_organisation()), tmp_path))

    (message,), (call,) = data["messages"], data["calls_to_us"]
    assert (message["caller"], call["caller"]) == (CALLER, CALLER)


def test_when_one_was_last_asked_and_what_one_requested_is_told(
    house: House, tmp_path: Path
) -> None:
    organisation = make_organisation()
    customer = everything(house, organisation)
    for subject in (customer.phone_hash, customer.email_hash):
        add(
            ThrottleToken(
                organisation_id=organisation.id, subject_hash=subject, invitation_id=uuid4(),
                asked_at=NOON,
            )
        )  # fmt: skip
    neighbour = leave_traces(house, organisation=organisation).customer
    with transaction() as session:
        requests.open_request(
            session, session.get_one(Customer, neighbour.id), kind=RequestKind.ERASURE,
            channel=RequestChannel.WEB, at=NOON,
        )  # fmt: skip

    data = data_of(package(house, customer, tmp_path))

    (one,) = data["requests"]
    assert data["asked"] == [{"at": moment(NOON)}]
    assert (one["kind"], one["outcome"], one["proof"]) == ("access", "granted", "called_back")
    assert one["decided_at"] == moment(NOON)


def test_what_staff_did_and_when_something_was_put_right_is_told(
    house: House, tmp_path: Path
) -> None:
    customer = everything(house, make_organisation())
    with transaction() as session:
        for step in ("reviewed_at", "decided_at", "handled_at"):
            session.query(Response).update({step: NOON})
        for step in ("reviewed_at", "decided_at", "answered_at"):
            session.query(Case).update({step: NOON})
        session.query(Answer).update({"corrected_at": NOON})
        session.query(Comment).update({"corrected_at": NOON})

    data = data_of(package(house, customer, tmp_path))

    response, (matter,) = data["cases"][0]["response"], data["matters"]
    put_right = [one["corrected_at"] for one in response["answers"] + response["comments"]]
    done = [response[step] for step in ("reviewed_at", "decided_at", "handled_at")]
    done += [matter[step] for step in ("reviewed_at", "decided_at", "answered_at")]
    assert set(put_right) == set(done) == {moment(NOON)}


def test_files_that_went_to_somebody_and_may_hold_the_person_are_told(
    house: House, tmp_path: Path
) -> None:
    customer = everything(house, make_organisation())
    for kind, end, at in (
        (ExportKind.RESPONSES, ExportEnd.HANDED_OUT, NOON),
        (ExportKind.NUMBERS, None, NOON + timedelta(days=1)),
        (ExportKind.RESPONSES, ExportEnd.REMOVED, NOON + timedelta(days=2)),  # lay with us
        (ExportKind.RESPONSES, ExportEnd.FAILED, NOON),  # was never whole
        (ExportKind.RESPONSES, ExportEnd.HANDED_OUT, NOON - timedelta(days=1)),  # before them
        (ExportKind.PACKAGE, ExportEnd.HANDED_OUT, NOON),  # to themselves, or of somebody else
    ):
        add(
            Export(
                organisation_id=customer.organisation_id, kind=kind, ended=end, made_at=at,
                reason=ExportReason.ANALYSIS, place=ExportPlace.STREAM, folder="x", suffix="csv",
                expires_at=at, closed_at=None if end is None else at,
            )
        )  # fmt: skip

    data = data_of(package(house, customer, tmp_path))

    assert [(one["kind"], one["made_at"]) for one in data["exports"]] == [
        ("responses", moment(NOON)),
        ("numbers", moment(NOON + timedelta(days=1))),
        ("responses", moment(NOON + timedelta(days=2))),
    ]
    assert data["exports"][0]["reason"] == "analysis"
    assert [one["became"] for one in data["exports"]] == ["handed_out", None, "removed"]


def test_a_client_company_is_a_receiver_where_it_has_accounts(house: House, tmp_path: Path) -> None:
    customer = everything(house, make_organisation())
    before = data_of(package(house, customer, tmp_path))["receivers"]
    add(
        User(
            id=uuid4(), organisation_id=customer.organisation_id,
            role=Role.CLIENT, password_hash="x", created_at=NOON,
        )
    )  # fmt: skip

    after = data_of(package(house, customer, tmp_path))["receivers"]

    assert (before, after) == (["staff", "telephone_provider"], [*before, "client_company"])


def test_companies_are_told_with_those_that_had_data_since_one_is_known(
    house: House, tmp_path: Path
) -> None:
    organisation = make_organisation()
    customer = everything(house, organisation)
    for name, ended in (
        ("Now AB", None),
        ("Then AB", NOON + timedelta(days=1)),
        ("Long ago AB", NOON - timedelta(days=1)),
    ):
        add(
            Receiver(
                organisation_id=organisation.id, name=name, role="sub_processor", work="calls",
                gets="numbers", country="IE", since=NOON.date(), noted_at=NOON, ended_at=ended,
                in_languages={"gets": {"sv": "nummer", "en": "your number"}},
            )
        )  # fmt: skip

    archive = package(house, customer, tmp_path, language="en")

    data = data_of(archive)
    assert {(one["work"], one["gets"]) for one in data["companies"]} == {("calls", "your number")}
    told = [(one["name"], one["ended_at"]) for one in data["companies"]]
    assert told == [("Now AB", None), ("Then AB", moment(NOON + timedelta(days=1)))]
    assert data["companies"][0]["gets_since"] == NOON.date().isoformat()
    assert data["profiling"] == "none"
    page = archive.read("index.html").decode()
    assert "No profile is made of you" in page
    assert "sub-processor" in page


def test_who_only_called_is_told_nothing_of_another_caller(house: House) -> None:
    organisation = make_organisation()
    of_other = house.keyring.lookup_hash(organisation.id, "phone", "+46701740698")
    subject = house.keyring.lookup_hash(organisation.id, "phone", CALLER)
    officer = User(
        id=uuid4(), organisation_id=organisation.id,
        role=Role.OFFICER, password_hash="x", created_at=NOON,
    )  # fmt: skip
    mine, other = (
        RightsRequest(
            id=uuid4(), organisation_id=organisation.id, kind=RequestKind.ACCESS,
            channel=RequestChannel.WEB, subject_hash=known, reference=f"1234567{place}",
            received_at=NOON, due_at=NOON,
        )
        for place, known in enumerate((subject, of_other))
    )  # fmt: skip
    add(officer, mine, other)
    add(
        Restriction(
            organisation_id=organisation.id, subject_hash=of_other, cause="accuracy", made_at=NOON
        ),
        Hold(
            organisation_id=organisation.id, scope=HoldScope.ITEM, call_id=uuid4(),
            owner_id=officer.id, review_at=NOON, made_at=NOON,
        ),
    )  # fmt: skip

    with reading() as session:
        made = access_package.prepare(
            session, session.get_one(RightsRequest, mine.id), keyring=house.keyring,
            mask=lambda text, _: text, now=NOON,
        )  # fmt: skip

    assert [one["reference"] for one in made.document["requests"]] == ["12345670"]
    assert (made.document["restrictions"], made.document["holds"]) == ([], [])


def test_who_heard_and_read_what_one_said_is_told_with_what_for(
    house: House, tmp_path: Path
) -> None:
    customer = everything(house, make_organisation())
    with reading() as session:
        user, matter = session.query(User).one(), session.query(Case).one()
        spoken = session.query(Recording).filter(Recording.comment_id.is_not(None)).one()
        message = session.query(Recording).filter(Recording.message_id.is_not(None)).one()
        typed = session.query(Comment).filter(Comment.kind == CommentKind.TYPED).one()
    for item, purpose, case in (
        (spoken.id, Purpose.CASE, matter.id),
        (message.id, Purpose.MESSAGE, None),
        (typed.id, Purpose.FEEDBACK, None),
    ):
        add(
            Listening(
                organisation_id=customer.organisation_id, user_id=user.id, item_id=item,
                act=Act.READ, purpose=purpose, case_id=case, sitting_id=uuid4(), listened_at=NOON,
            )
        )  # fmt: skip

    archive = package(house, customer, tmp_path, language="en")

    data = data_of(archive)
    (case,), (told,) = data["cases"], data["messages"]
    said = {one["kind"]: one for one in case["response"]["comments"]}
    by = {"by": "staff", "at": moment(NOON), "case_opened_at": None}
    (sound,) = said["spoken"]["recordings"]
    assert sound["listened_to"] == [by | {"purpose": None}]  # a line from before
    assert sound["read_by"] == [by | {"purpose": "case", "case_opened_at": moment(NOON)}]
    assert told["recordings"][0]["read_by"] == [by | {"purpose": "message"}]
    assert said["typed"]["read_by"] == [by | {"purpose": "feedback"}]
    page = archive.read("index.html").decode()
    assert "for the follow-up or complaint about it" in page
    taken = package(house, customer, tmp_path, kind=RequestKind.PORTABILITY)
    assert "read_by" not in taken.read("data.json").decode()
    assert "listened_to" not in taken.read("data.json").decode()


def test_what_people_said_is_no_markup(house: House, tmp_path: Path) -> None:
    customer = everything(house, make_organisation())
    with transaction() as session:
        row = session.get_one(Customer, customer.id)
        row.name_sealed = house.keyring.seal_one(row.id, "customer.name", "<script>x</script>")

    page = package(house, customer, tmp_path).read("index.html").decode()

    assert "<script" not in page
    assert "&lt;script&gt;" in page


def moment(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def _names(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*(_names(one) for one in value.values()))
    if isinstance(value, list):
        return set().union(*(_names(one) for one in value))
    return set()
