"""What a person says is wrong is written over, once it is proven, and nothing else is touched."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from messaging.correct_command import correct_command
from privacy import export_care, request_steps, requests
from storage import alarms, customer_ids, statistic_cells
from storage.export_words import OUTDATED, ExportEnd, ExportKind, ExportPlace, ExportReason
from storage.house import House, reading, transaction, utc_now
from storage.request_states import Outcome, ProofWay, RequestChannel, RequestKind, RequestState
from storage.states import AttemptMethod, AttemptState
from storage.tables import (
    Alarm,
    Answer,
    Attempt,
    Comment,
    Customer,
    Export,
    Interaction,
    Organisation,
    RightsRequest,
    StatisticCell,
    SurveyVersion,
    ThrottleToken,
    Transcript,
)
from survey import objections, subjects, throttling
from survey.objections import Source
from survey.permission import Method
from tests.console.worlds import World, make_world
from tests.rows import (
    NOON,
    add,
    case_of,
    make_campaign,
    make_customer,
    make_invitation,
    make_organisation,
    make_survey_call,
)
from tests.survey.answered import Given, answered

OLD, NEW = "+46701740605", "+46701740606"


def ask(
    customer: Customer, *, granted: bool = True, kind: RequestKind = RequestKind.RECTIFICATION
) -> str:
    with transaction() as session:
        request = requests.open_request(
            session, session.get_one(Customer, customer.id), kind=kind,
            channel=RequestChannel.TELEPHONE, at=NOON,
        )  # fmt: skip
        request_steps.prove(request, way=ProofWay.CALLED_BACK, at=NOON)
        if granted:
            request_steps.decide(session, request, outcome=Outcome.GRANTED, at=NOON)
    return request.reference


def correct(owner: Organisation, reference: str, *options: str, typed: str = "") -> Result:
    arguments = [reference, "--organisation", owner.key, *options]
    return CliRunner().invoke(correct_command, arguments, input=typed, catch_exceptions=False)


def opened(house: House, customer: Customer) -> dict[str, Any]:
    with reading() as session:
        one = session.get_one(Customer, customer_ids.known_as(session, customer.id))
    names = ("name", "phone", "phone_as_given", "email")
    return {
        name: house.keyring.open(one.id, f"customer.{name}", getattr(one, f"{name}_sealed"))
        for name in names
    } | {"language": one.locale, "hash": one.phone_hash}


def test_each_thing_is_overwritten_and_what_was_not_named_stays(house: House) -> None:
    owner = make_organisation()
    customer = make_customer(owner, phone=OLD)
    reference = ask(customer)

    result = correct(
        owner, reference, "--name", "--phone", "--language", "fi", typed="Åsa Ek\n070-174 06 06\n"
    )

    assert result.stdout == f"{reference}: corrected\n"
    now = opened(house, customer)
    assert (now["name"], now["phone"], now["phone_as_given"]) == ("Åsa Ek", NEW, "070-174 06 06")
    assert (now["email"], now["language"]) == (f"{OLD}@example.org", "fi")
    assert now["hash"] == house.keyring.lookup_hash(owner.id, "phone", NEW)
    with reading() as session:
        assert session.scalars(select(RightsRequest.state)).one() is RequestState.DONE


def test_a_no_holds_under_the_new_number_too(house: House) -> None:
    owner = make_organisation()
    customer = make_customer(owner, phone=OLD)
    with transaction() as session:
        objections.record(session, customer, Method.CALLS, source=Source.CALL, at=NOON)

    correct(owner, ask(customer), "--phone", NEW)

    with reading() as session:
        now = customer_ids.known_as(session, customer.id)
        hashes = subjects.hashes_of_customer(session.get_one(Customer, now))
        found = objections.in_force(session, owner.id, hashes)
    assert {method for methods in found.values() for method in methods} == {Method.CALLS}
    assert set(found) == set(hashes)


@pytest.mark.parametrize(
    ("others", "asked_at"), [(None, NOON), (timedelta(days=-9), NOON), (timedelta(days=9), None)]
)
def test_that_somebody_was_asked_lately_counts_under_the_new_number_too(
    house: House, others: timedelta | None, asked_at: datetime | None
) -> None:
    owner = make_organisation()
    customer = make_customer(owner, phone=OLD)
    invitation = uuid4()
    new_hash = house.keyring.lookup_hash(owner.id, "phone", NEW)
    tokens = [(customer.phone_hash, NOON)] + ([] if others is None else [(new_hash, NOON + others)])
    for subject_hash, at in tokens:
        add(
            ThrottleToken(
                organisation_id=owner.id, subject_hash=subject_hash, invitation_id=invitation,
                asked_at=at,
            )
        )  # fmt: skip

    correct(owner, ask(customer), "--phone", NEW)

    with reading() as session:
        found = throttling.last_asked(session, owner.id, [new_hash])
    at = NOON + timedelta(days=9) if asked_at is None else asked_at
    assert found[new_hash] == throttling.LastAsked(invitation, at)


def contacted(
    owner: Organisation, customer: Customer, state: AttemptState, method: AttemptMethod
) -> None:
    campaign = make_campaign(owner)
    made = make_survey_call(campaign, make_invitation(campaign, customer))
    with transaction() as session:
        attempt = session.get_one(Attempt, made.attempt_id)
        attempt.state, attempt.method = state, method


@pytest.mark.parametrize(
    ("state", "method", "in_doubt"),
    [
        (AttemptState.PLACING, AttemptMethod.CALL, True),
        (AttemptState.UNCERTAIN, AttemptMethod.SMS, True),
        (AttemptState.PLACED, AttemptMethod.CALL, False),
        (AttemptState.ENDED, AttemptMethod.CALL, False),
    ],
)
def test_a_number_is_not_corrected_while_nobody_knows_whether_the_old_one_was_contacted(
    house: House, state: AttemptState, method: AttemptMethod, in_doubt: bool
) -> None:
    owner = make_organisation()
    customer = make_customer(owner, phone=OLD)
    contacted(owner, customer, state, method)

    result = correct(owner, ask(customer), "--name", "--phone", NEW, typed="Åsa Ek\n")

    assert (result.exit_code, "in five minutes" in result.stderr) == (2 * in_doubt, in_doubt)
    assert opened(house, customer)["phone"] == (OLD if in_doubt else NEW)
    assert (opened(house, customer)["name"] == "Åsa Ek") is not in_doubt


def test_what_is_in_doubt_stops_no_correction_of_anything_else(house: House) -> None:
    owner = make_organisation()
    customer = make_customer(owner, phone=OLD)
    contacted(owner, customer, AttemptState.PLACING, AttemptMethod.CALL)

    assert correct(owner, ask(customer), "--language", "fi", "--phone", OLD).exit_code == 0


def test_a_number_that_somebody_else_has_is_refused(house: House) -> None:
    owner = make_organisation()
    make_customer(owner, phone=NEW)
    customer = make_customer(owner, phone=OLD)

    result = correct(owner, ask(customer), "--name", "Åsa Ek", "--phone", NEW)

    assert (result.exit_code, "another customer has that number" in result.stderr) == (2, True)
    assert opened(house, customer)["name"] == "Kund Kundsson"


@pytest.mark.parametrize(
    ("granted", "kind", "why"),
    [
        (False, RequestKind.RECTIFICATION, "once it is proven and granted"),
        (True, RequestKind.RESTRICTION, "not about a correction"),
    ],
)
def test_nothing_is_corrected_that_was_not_granted(
    house: House, granted: bool, kind: RequestKind, why: str
) -> None:
    owner = make_organisation()
    customer = make_customer(owner, phone=OLD)

    result = correct(owner, ask(customer, granted=granted, kind=kind), "--name", "Åsa Ek")

    assert (result.exit_code, why in result.stderr) == (2, True)
    assert opened(house, customer)["name"] == "Kund Kundsson"


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ((), "say what is to be corrected"),
        (("--phone", "12"), "number"),
        (("--email", "nobody"), "not a mail address"),
    ],
)
def test_what_is_no_correction_is_said_in_one_line(
    house: House, options: tuple[str, ...], why: str
) -> None:
    owner = make_organisation()
    customer = make_customer(owner, phone=OLD)

    result = correct(owner, ask(customer), *options)

    assert (result.exit_code, why in result.stderr) == (2, True)
    assert len(result.stderr.splitlines()) == 1


def test_a_score_is_overwritten_and_moves_in_the_figures(house: House) -> None:
    world = make_world(phone=OLD)
    customer = world_customer(world)
    with transaction() as session:
        interaction = session.get_one(Interaction, world.invitation.interaction_id)
        reference = case_of(interaction)
    answered(world.campaign, [Given(9, team=None, reason=None, channel=None)] * 4)
    with transaction() as session:
        score = session.scalars(
            select(Answer).where(
                Answer.response_id == world.response.id, Answer.question_key == "recommend"
            )
        ).one()
        was, score.number, score.answered_at = score.number, 9, NOON
    statistic_cells.count_all(now=NOON + timedelta(days=60))
    assert was is not None
    assert figures() == {9: 5}

    result = correct(world.organisation, ask(customer), "--score", reference, "recommend", "2")

    assert result.exit_code == 0
    assert figures() == {9: 5}
    with reading() as session:
        assert session.get_one(Answer, score.id).number == 2


def chose(world: World, choice: str) -> Answer:
    answer = Answer(
        organisation_id=world.organisation.id, response_id=world.response.id,
        question_key="product", kind="choice", choice=choice, answered_at=NOON,
    )  # fmt: skip
    with transaction() as session:
        version = session.get_one(SurveyVersion, world.response.survey_version_id)
        asked = [
            one for one in version.document["questions"] if one["key"] != "product"
        ] + [
            {
                "key": "product", "kind": "choice", "prompt": {"en": "Which?", "sv": "Vilken?"},
                "lowest": None, "highest": None, "direction": None, "ask_when": None,
                "variants": [], "max_seconds": 120, "silence_seconds": 4,
                "choices": [{"key": key, "value": value, "label": {"en": value, "sv": value}}
                            for key, value in (("1", "loan"), ("2", "card"))],
            }
        ]  # fmt: skip
        version.document = version.document | {"questions": asked}
        session.add(answer)
    return answer


def test_a_choice_is_overwritten_by_the_command_and_only_that_it_was_is_kept(house: House) -> None:
    world = make_world(phone=OLD)
    answer = chose(world, "loan")

    result = correct(
        world.organisation, of_world(world), "--choice", world.reference, "product", "card"
    )

    assert result.exit_code == 0, result.stderr
    with reading() as session:
        row = session.get_one(Answer, answer.id)
    assert (row.choice, row.number) == ("card", None)
    assert row.corrected_at is not None


@pytest.mark.parametrize(
    ("question", "value", "told"),
    [("product", "fund", "is no answer to product"), ("recommend", "card", "no choice of this")],
)
def test_a_choice_that_cannot_be_is_refused_and_nothing_changes(
    house: House, question: str, value: str, told: str
) -> None:
    world = make_world(phone=OLD)
    answer = chose(world, "loan")

    result = correct(
        world.organisation, of_world(world), "--choice", world.reference, question, value,
        "--name", "New",
    )  # fmt: skip

    assert (result.exit_code, told in result.stderr) == (2, True)
    assert opened(house, world_customer(world))["name"] == world.name
    with reading() as session:
        assert session.get_one(Answer, answer.id).choice == "loan"


@pytest.mark.parametrize(
    ("question", "number", "told"),
    [("recommend", "11", "has a scale from 0 to 10"), ("mood", "1", "no score of this person")],
)
def test_a_score_that_cannot_be_is_refused_and_nothing_changes(
    house: House, question: str, number: str, told: str
) -> None:
    world = make_world(phone=OLD)
    customer = world_customer(world)
    request = ask(customer)

    result = correct(
        world.organisation, request, "--score", world.reference, question, number, "--name", "New"
    )

    assert result.exit_code == 2
    assert told in result.stderr
    assert opened(house, customer)["name"] == world.name
    with reading() as session:
        assert session.scalars(select(RightsRequest.state)).one() is RequestState.DECIDED


def world_customer(world: World) -> Customer:
    with reading() as session:
        return session.get_one(Customer, world.invitation.customer_id)


def figures() -> dict[int, int]:
    with reading() as session:
        cells = session.scalars(
            select(StatisticCell).where(StatisticCell.question_key == "recommend")
        )
        return {cell.value: cell.count for cell in cells if cell.count}


def of_world(world: World) -> str:
    with reading() as session:
        return ask(session.get_one(Customer, world.invitation.customer_id))


def words_of(house: House, world: World) -> str:
    with reading() as session:
        row = session.scalars(
            select(Transcript).where(Transcript.recording_id == world.recording.id)
        ).one()
    document = house.keyring.open(row.id, "transcript.words", row.words_sealed)
    return " ".join(word for word, *_ in json.loads(document or "[]"))


def test_a_transcript_is_written_over_and_only_that_it_was_is_kept(house: House) -> None:
    world = make_world()

    result = correct(
        world.organisation, of_world(world), "--words", world.reference, "comment",
        typed="Please write to me\n",
    )  # fmt: skip

    assert result.exit_code == 0
    assert words_of(house, world) == "Please write to me"
    with reading() as session:
        comment = session.get_one(Comment, world.comment.id)
        transcripts = session.scalars(select(Transcript)).all()
    assert comment.corrected_at is not None
    assert {one.corrected_at is None for one in transcripts} == {False, True}


def test_words_that_nobody_said_are_refused_and_nothing_changes(house: House) -> None:
    world = make_world()
    before = words_of(house, world)

    for case, question in (("no-such-case", "comment"), (world.reference, "recommend")):
        result = correct(
            world.organisation, of_world(world), "--words", case, question, typed="x\n"
        )

        assert (result.exit_code, "no comment of this person" in result.stderr) == (2, True)
    assert words_of(house, world) == before


def exported(owner: Organisation, kind: ExportKind, *, ended: ExportEnd | None = None) -> Export:
    row = Export(
        id=uuid4(), organisation_id=owner.id, kind=kind, reason=ExportReason.ANALYSIS,
        place=ExportPlace.ELSEWHERE if ended is None else ExportPlace.STREAM, folder="",
        suffix=".csv", made_at=NOON, expires_at=utc_now() + timedelta(days=7),
        closed_at=None if ended is None else NOON, ended=ended,
    )  # fmt: skip
    add(row)
    return row


def test_who_has_an_export_is_to_be_told_and_the_request_says_so(house: House) -> None:
    world, other = make_world(), make_world(phone=NEW)
    there = exported(world.organisation, ExportKind.RESPONSES)
    printed = exported(world.organisation, ExportKind.RESPONSES, ended=ExportEnd.HANDED_OUT)
    exported(world.organisation, ExportKind.RESPONSES, ended=ExportEnd.REMOVED)
    exported(world.organisation, ExportKind.PACKAGE)  # that went to a person themself
    exported(other.organisation, ExportKind.RESPONSES)
    reference = of_world(world)

    result = correct(world.organisation, reference, "--score", world.reference, "recommend", "9")

    assert sorted(result.stdout.splitlines()) == sorted(
        [f"{reference}: corrected"]
        + [f"tell who has export {one.id} (responses)" for one in (there, printed)]
    )
    with reading() as session:
        request = session.scalars(
            select(RightsRequest).where(RightsRequest.reference == reference)
        ).one()
        sounding = session.scalars(select(Alarm.subject).where(Alarm.kind == OUTDATED)).all()
    assert {one["export"] for one in request.passed_on or ()} == {str(there.id), str(printed.id)}
    assert sounding == [str(there.id)]
    with reading() as session:
        answer = session.scalars(
            select(Answer).where(Answer.response_id == world.response.id)
        ).one()
    assert (answer.number, answer.corrected_at is None) == (9, False)


def test_the_alarm_about_an_outdated_export_ends_when_the_file_is_gone(house: House) -> None:
    world = make_world()
    there = exported(world.organisation, ExportKind.RESPONSES)
    correct(world.organisation, of_world(world), "--name", typed="Åsa Ek\n")

    export_care.remove_elsewhere(
        world.organisation, there.id, gone=True, keyring=house.keyring, now=utc_now()
    )

    with reading() as session:
        assert not alarms.is_open(session, OUTDATED, subject=str(there.id))
