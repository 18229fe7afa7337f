"""What a text message does: heard once, at once, for its organisation, confirmed at most once."""

import itertools
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from config.directory import Configuration
from simulator.texting import segments
from storage.house import House, reading, transaction, utc_now
from storage.states import InvitationState, TextWord
from storage.tables import (
    Customer,
    Invitation,
    Objection,
    Organisation,
    ProviderCopy,
    ReceivedText,
)
from survey import interactions, objections
from survey.interactions import ToldInteraction
from survey.objections import Source
from survey.permission import Method
from survey.places import find_campaign
from tests.messaging.conftest import LINE, PERSON, Texter

MAILBOX = "+46313900611"


def rows(table: Any) -> list[Any]:
    with reading() as session:
        return list(session.scalars(select(table).order_by(table.id)))


def invite(house: House, *, locale: str | None = None, email: str | None = None) -> None:
    with transaction() as session:
        _, campaign = find_campaign(session, organisation="consumer-credit", campaign="after-case")
        told = ToldInteraction(
            "case-1", PERSON, PERSON, utc_now() - timedelta(hours=2), locale=locale, email=email
        )
        interactions.register(
            session, told, campaign=campaign, keyring=house.keyring, now=utc_now()
        )


def objections_in_force() -> list[tuple[str, str]]:
    return [(one.method, one.source) for one in rows(Objection) if one.withdrawn_at is None]


@pytest.mark.conformance("C-SMS-1")
@pytest.mark.parametrize("word", ["STOPP", "sluta!", "Nei", "LOPETA"])
def test_a_stop_ends_every_way_of_being_contacted_and_is_confirmed(
    texter: Texter, shipped: House, word: str
) -> None:
    invite(shipped)

    (answer,) = texter.text(word)

    assert answer.startswith("Exempelkredit: Noterat. Vi kontaktar dig inte mer")
    assert objections_in_force() == [("all", "sms")]
    assert [one.state for one in rows(Invitation)] == [InvitationState.WITHDRAWN]


def test_it_is_confirmed_in_the_language_of_the_person_when_that_is_spoken(
    texter: Texter, shipped: House
) -> None:
    invite(shipped, locale="fi")

    assert texter.text("Lopeta")[0].startswith("Exempelkredit: Merkitty. Emme enää kysy")


def test_a_language_that_is_not_spoken_is_answered_in_the_organisations_own(
    texter: Texter, shipped: House
) -> None:
    invite(shipped, locale="fr")

    assert "Noterat" in texter.text("STOPP")[0]


def test_the_same_message_told_again_is_one_with_the_same_answer(texter: Texter) -> None:
    first = texter.text("STOPP", sid="SM1")
    again = texter.text("STOPP", sid="SM1")

    assert first == again != []
    assert len(rows(Objection)) == len(rows(ReceivedText)) == 1


def test_a_message_told_again_after_a_later_start_stops_nobody_anew(texter: Texter) -> None:
    texter.text("STOPP", sid="SM1")
    texter.text("BÖRJA", sid="SM2")

    texter.text("STOPP", sid="SM1")

    assert objections_in_force() == []


def test_a_second_stop_within_a_day_is_not_answered_and_a_later_one_is(
    texter: Texter, clock: time_machine.Traveller
) -> None:
    texter.text("STOPP")
    clock.shift(timedelta(hours=23))

    assert texter.text("SLUTA") == []
    clock.shift(timedelta(hours=25))
    assert len(texter.text("STOPP")) == 1


def test_start_takes_everything_back_and_says_so(texter: Texter, shipped: House) -> None:
    invite(shipped, email="maja@example.org")
    texter.text("STOPP")

    (answer,) = texter.text("Starta")

    assert "kan fråga dig igen" in answer
    assert objections_in_force() == []
    assert {one.withdrawn_source for one in rows(Objection)} == {"sms"}
    assert len(texter.text("STOPP")) == 1
    assert objections_in_force() == [("all", "sms"), ("all", "sms")]


def cover_texts_alone() -> None:
    with transaction() as session:
        for one in session.scalars(select(Organisation)):
            one.document = one.document | {"stop_word_covers": "sms"}


def says_no(house: House, *, by: Method, source: Source) -> None:
    with transaction() as session:
        owner = session.scalars(
            select(Organisation).where(Organisation.key == "consumer-credit")
        ).one()
        objections.record_hashes(
            session, owner.id, [house.keyring.lookup_hash(owner.id, "phone", PERSON)],
            method=by, source=source, at=utc_now(),
        )  # fmt: skip


@pytest.mark.parametrize(
    ("covers", "by", "source", "left"),
    [
        ("all", Method.ALL, Source.LETTER, [("all", "letter")]),
        ("all", Method.CALLS, Source.CALL, [("calls", "call")]),
        ("all", Method.CALLS, Source.SMS, []),
        ("sms", Method.SMS, Source.WEB, [("sms", "web")]),
        ("sms", Method.CALLS, Source.SMS, [("calls", "sms")]),
        ("sms", Method.ALL, Source.SMS, [("calls", "sms"), ("email", "sms")]),
        ("sms", Method.SMS, Source.SMS, []),
    ],
)
def test_a_start_ends_what_a_stop_began_and_says_what_holds_on(
    texter: Texter, shipped: House, covers: str, by: Method, source: Source,
    left: list[tuple[str, str]],
) -> None:  # fmt: skip
    if covers == "sms":
        cover_texts_alone()
    says_no(shipped, by=by, source=source)

    (answer,) = texter.text("BÖRJA")

    assert sorted(objections_in_force()) == left
    assert ("gäller fortfarande" in answer) is bool(left)
    assert ("kan fråga dig igen" in answer) is not bool(left)


@pytest.mark.parametrize(("source", "answers"), [(Source.WEB, 1), (Source.SMS, 0)])
def test_what_holds_on_is_said_also_where_the_provider_confirms_the_word_itself(
    texter: Texter, shipped: House, source: Source, answers: int
) -> None:
    says_no(shipped, by=Method.ALL, source=source)

    assert len(texter.text("START")) == answers


def test_a_no_that_is_said_after_a_stop_does_not_end_with_it(
    texter: Texter, shipped: House
) -> None:
    texter.text("STOPP")
    says_no(shipped, by=Method.ALL, source=Source.WEB)
    says_no(shipped, by=Method.ALL, source=Source.LETTER)

    texter.text("START")

    assert objections_in_force() == [("all", "web")]


@pytest.mark.parametrize(
    ("body", "method"), [("Sluta", "sms"), ("Nej tack", "sms"), ("Sluta ring", "all")]
)
def test_who_writes_that_calls_are_to_stop_is_heard_where_a_stop_covers_texts_alone(
    texter: Texter, body: str, method: str
) -> None:
    cover_texts_alone()

    (answer,) = texter.text(body)

    assert objections_in_force() == [(method, "sms")]
    assert ("varken med samtal" in answer) is (method == "all")


@pytest.mark.conformance("C-SMS-1")
@pytest.mark.parametrize("word", ["STOP", "unsubscribe", "Opt out"])
def test_what_the_provider_confirms_itself_is_noted_and_not_confirmed_twice(
    texter: Texter, word: str
) -> None:
    assert texter.text(word) == []
    assert objections_in_force() == [("all", "sms")]
    # After such a word the provider delivers no answer of ours, so none is tried.
    assert texter.text("STOPP") == []


def test_a_word_that_the_provider_was_taught_is_not_confirmed_twice(texter: Texter) -> None:
    assert texter.text("STOPP", OptOutType="STOP") == []
    assert texter.text("BÖRJA", OptOutType="START") == []
    assert objections_in_force() == []


def test_help_says_who_we_are_why_and_whom_to_turn_to(texter: Texter) -> None:
    (answer,) = texter.text("hjälp")

    assert answer.startswith("Exempelkredit: Från det här numret frågar vi kunder")
    assert "+46846500401, dataskydd@exempelkredit.example" in answer
    assert rows(Objection) == []


def test_any_other_message_is_pointed_elsewhere_once_a_day_and_kept_nowhere(
    texter: Texter, shipped: House
) -> None:
    (answer,) = texter.text("Ring mig på 070-123 45 67, mitt lån är 12345")

    assert "läses inte" in answer
    assert texter.text("Hallå?") == []
    assert [one.word for one in rows(ReceivedText)] == [TextWord.OTHER, TextWord.OTHER]
    assert rows(Customer) == rows(Objection) == []


@pytest.mark.conformance("C-DEL-4")
def test_the_providers_copy_is_let_go_at_once(texter: Texter) -> None:
    texter.text("Hallå?", sid="SM7")

    (copy,) = rows(ProviderCopy)
    assert (copy.kind, copy.provider_sid) == ("message", "SM7")
    assert copy.delete_at <= utc_now()


def test_a_stop_bites_for_the_organisation_of_the_number_and_for_no_other(
    texter: Texter, shipped: House
) -> None:
    invite(shipped)

    texter.text("STOPP", To=MAILBOX)

    with reading() as session:
        key = session.scalars(
            select(Organisation.key).join(Objection, Objection.organisation_id == Organisation.id)
        ).one()
    assert key == "answering-service"
    assert [one.state for one in rows(Invitation)] == [InvitationState.PLANNED]


@pytest.mark.parametrize(
    "form", [{"To": "+46846500499"}, {"To": ""}, {"From": "Exempel"}, {"From": "+266696687"}]
)
def test_from_nobody_or_to_nobody_there_is_no_answer_and_the_copy_goes(
    texter: Texter, form: dict[str, str]
) -> None:
    assert texter.text("STOPP", **form) == []
    assert rows(Objection) == rows(ReceivedText) == []
    assert len(rows(ProviderCopy)) == 1


def test_where_a_stop_covers_text_messages_alone_calls_go_on_and_the_answer_says_so(
    texter: Texter, shipped: House
) -> None:
    invite(shipped)
    with transaction() as session:
        owner = session.scalars(
            select(Organisation).where(Organisation.key == "consumer-credit")
        ).one()
        owner.document = owner.document | {"stop_word_covers": "sms"}

    (answer,) = texter.text("STOPP")

    assert "inga fler sms" in answer
    assert objections_in_force() == [("sms", "sms")]
    assert [one.state for one in rows(Invitation)] == [InvitationState.PLANNED]


@pytest.mark.parametrize("form", [{}, {"MessageSid": "no such thing!"}])
def test_a_form_without_a_name_is_refused_and_the_field_is_named(
    texter: Texter, form: dict[str, str]
) -> None:
    answer = texter.post(**form, Body="STOPP", From=PERSON, To=LINE)

    assert (answer.status_code, "MessageSid" in answer.text) == (400, True)
    assert PERSON not in answer.text


def test_whoever_is_not_the_provider_stops_nobody(texter: Texter) -> None:
    form = {"MessageSid": "SM1", "From": PERSON, "To": LINE, "Body": "STOPP"}

    answer = texter.client.post("/sms/inbound", data=form, headers={"X-Twilio-Signature": "x"})

    assert (answer.status_code, answer.data) == (403, b"")
    assert rows(Objection) == []


def test_every_answer_fits_two_ordinary_messages_for_every_shipped_organisation(
    texter: Texter, shipped: House, files: Configuration
) -> None:
    seen, long, people = 0, {}, itertools.count()
    for owner in files.organisations.values():
        number = next(one.number for one in (*owner.lines, *owner.mailboxes))
        for language in owner.languages:
            with transaction() as session:
                wanted = select(Organisation).where(Organisation.key == owner.key)
                row = session.scalars(wanted).one()
                row.document = row.document | {"languages": [language]}
            for word in ("STOPP", "BÖRJA", "HJÄLP", "Hallå?"):
                sender = f"+46701{next(people):06d}"
                for text in texter.text(word, To=number, From=sender):
                    seen += 1
                    if segments(text) > 2:
                        long[owner.key, language, word] = text
    assert long == {}
    assert seen == 4 * sum(len(owner.languages) for owner in files.organisations.values())
