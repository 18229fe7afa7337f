"""A notice by mail: that a message has arrived, to whom and when, and nothing about who called."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from config.settings import Settings
from storage import messages, recordings
from storage.house import House, reading, transaction
from storage.states import CallState, DeliveryState, MessageState, RecordingState
from storage.tables import Alarm, Call, Delivery, Mailbox, Message, Recording
from tests.post import Post, listening
from tests.rows import NOON, make_call, make_mailbox, make_organisation, sid
from voicemail.deliveries import ALARM, PATIENCE, deliver

CALLER = "+46701740606"
SECOND = timedelta(seconds=1)


@pytest.fixture
def settings(settings: Settings, post: Post) -> Settings:
    """The settings of this room, with a mail server."""
    return settings.model_copy(
        update={"mail_url": post.url, "mail_from": "Genklang <genklang@example.org>"}
    )


def receive(
    *, notify: tuple[str, ...] = ("staff@example.org",), state: RecordingState | None = None
) -> Message:
    """A message whose caller has hung up and whose sound is home."""
    mailbox = make_mailbox(make_organisation(), notify=notify, name="Växeln & Co")
    call = make_call(
        mailbox.organisation_id, state=CallState.IN_PROGRESS, mailbox_id=mailbox.id, caller=CALLER
    )
    with transaction() as session:
        call = session.get_one(Call, call.id)
        message = messages.open_message(session, call, at=NOON, caller=CALLER)
        recording = recordings.announce(
            session, call, visit=3, language="sv", at=NOON, provider_sid=sid("RE"),
            message_id=message.id,
        )  # fmt: skip
        recording.state, recording.seconds = state or RecordingState.STORED, 12.4
        call.state = CallState.COMPLETED
        session.flush()
        messages.close(session, call, at=NOON)
    return message


def waiting() -> list[UUID]:
    with reading() as session:
        return list(session.scalars(select(Delivery.id).order_by(Delivery.id)))


def send(house: House, delivery_id: UUID, *, at: Any = NOON) -> DeliveryState | None:
    return deliver(delivery_id, settings=house.settings, keyring=house.keyring, now=at)


def get(delivery_id: UUID) -> Delivery:
    with reading() as session:
        return session.get_one(Delivery, delivery_id)


def test_the_notice_says_that_a_message_came_and_not_from_whom(house: House, post: Post) -> None:
    message = receive()
    (delivery_id,) = waiting()

    assert send(house, delivery_id) is DeliveryState.SENT

    (mail,) = post.taken
    body = mail.get_content()
    assert mail["To"] == "staff@example.org"
    assert mail["Subject"] == "Nytt telefonmeddelande till Växeln & Co"
    assert "2026-03-10 kl. 13.00" in body  # noon in UTC is one o'clock in Stockholm
    assert "12 sekunder" in body
    assert f"https://genklang.example/console/messages/{message.id}" in body
    assert "0701740606" not in mail.as_string().replace("+46", "0")
    assert not list(mail.iter_attachments())
    assert get(delivery_id).sent_at == NOON


def test_each_address_gets_its_own_mail_and_a_doubled_one_only_once(
    house: House, post: Post
) -> None:
    receive(notify=("a@example.org", "b@example.org", "a@example.org"))

    for delivery_id in waiting():
        send(house, delivery_id)

    assert [mail["To"] for mail in post.taken] == ["a@example.org", "b@example.org"]


def test_sending_twice_is_one_mail(house: House, post: Post) -> None:
    receive()
    (delivery_id,) = waiting()

    send(house, delivery_id)
    assert send(house, delivery_id) is DeliveryState.SENT

    assert len(post.taken) == 1


def test_a_mail_sent_again_after_a_crash_bears_the_same_name(house: House, post: Post) -> None:
    receive()
    (delivery_id,) = waiting()
    send(house, delivery_id)
    with transaction() as session:
        delivery = session.get_one(Delivery, delivery_id)
        delivery.state, delivery.next_try_at = DeliveryState.WAITING, NOON

    send(house, delivery_id)

    first, second = post.taken
    assert (
        first["Message-ID"] == second["Message-ID"] == f"<delivery-{delivery_id}@genklang.example>"
    )


def test_what_a_server_does_not_take_now_is_tried_again_for_four_days(
    house: House, post: Post
) -> None:
    receive()
    (delivery_id,) = waiting()
    post.says = ["451 later"] * 200
    at = NOON
    while at - NOON <= PATIENCE:
        assert send(house, delivery_id, at=at) is DeliveryState.WAITING
        assert get(delivery_id).error_code == "451"
        at = get(delivery_id).next_try_at
    assert send(house, delivery_id, at=at) is DeliveryState.FAILED
    with reading() as session:
        alarm = session.scalars(select(Alarm)).one()
    assert (alarm.kind, alarm.subject) == (ALARM, str(delivery_id))


def test_a_mail_goes_once_the_server_takes_it(house: House, post: Post) -> None:
    receive()
    (delivery_id,) = waiting()
    post.says = ["452 full"]
    send(house, delivery_id)

    send(house, delivery_id, at=NOON + 29 * SECOND)
    assert post.taken == []
    assert send(house, delivery_id, at=NOON + 30 * SECOND) is DeliveryState.SENT
    assert get(delivery_id).error_code is None


def test_a_refusal_for_good_is_an_alarm_at_once(house: House, post: Post) -> None:
    receive()
    (delivery_id,) = waiting()
    post.says = ["550 no such user"]

    assert send(house, delivery_id) is DeliveryState.FAILED

    assert get(delivery_id).error_code == "550"
    with reading() as session:
        assert session.scalars(select(Alarm.kind)).one() == ALARM


def test_a_server_that_is_away_or_not_named_loses_no_notice(house: House) -> None:
    receive()
    (delivery_id,) = waiting()
    for place, url in enumerate(("smtp://127.0.0.1:9", None)):
        settings = house.settings.model_copy(update={"mail_url": url})
        at = NOON + timedelta(hours=place)
        state = deliver(delivery_id, settings=settings, keyring=house.keyring, now=at)
        assert state is DeliveryState.WAITING
    assert get(delivery_id).error_code == "no_mail_url"


def test_nobody_is_told_of_an_erased_message(house: House, post: Post) -> None:
    message = receive()
    with transaction() as session:
        session.get_one(Message, message.id).state = MessageState.ERASED

    assert send(house, waiting()[0]) is DeliveryState.FAILED
    assert post.taken == []


def test_an_address_whose_key_is_gone_gets_nothing(house: House, post: Post) -> None:
    receive()
    (delivery_id,) = waiting()
    house.keyring.destroy([delivery_id])

    assert send(house, delivery_id) is DeliveryState.FAILED
    assert get(delivery_id).error_code == "address_erased"
    assert post.taken == []


def test_sound_that_could_not_be_fetched_is_said_plainly(house: House, post: Post) -> None:
    receive(state=RecordingState.FAILED)

    send(house, waiting()[0])

    assert "Ljudet kunde inte hämtas ännu" in post.taken[0].get_content()


@pytest.mark.parametrize(
    ("language", "subject"),
    [
        ("sv", "Nytt telefonmeddelande till Växeln"),
        ("nb", "Ny telefonbeskjed til Växeln"),
        ("da", "Ny telefonbesked til Växeln"),
        ("fi", "Uusi puhelinviesti: Växeln"),
        ("en", "New telephone message for Växeln"),
    ],
)
def test_the_notice_speaks_the_language_of_its_mailbox(
    house: House, post: Post, language: str, subject: str
) -> None:
    message = receive()
    with transaction() as session:
        session.get_one(Mailbox, message.mailbox_id).language = language

    send(house, waiting()[0])

    assert post.taken[0]["Subject"] == f"{subject} & Co"


def test_a_password_never_travels_unencrypted_to_another_machine(house: House) -> None:
    receive()
    (delivery_id,) = waiting()
    # Every address of 127.0.0.0/8 is this machine, and 127.0.0.1 alone counts as local.
    with listening("127.0.0.2") as elsewhere:
        url = elsewhere.url.replace("smtp://", "smtp://user:password@")
        settings = house.settings.model_copy(update={"mail_url": url})
        state = deliver(delivery_id, settings=settings, keyring=house.keyring, now=NOON)

    assert state is DeliveryState.WAITING
    assert get(delivery_id).error_code == "no_tls"
    assert elsewhere.taken == []


def test_no_notice_is_written_for_a_message_with_nothing_in_it(house: House) -> None:
    message = receive(state=RecordingState.DROPPED)

    assert waiting() == []
    with reading() as session:
        assert session.get_one(Message, message.id).state is MessageState.EMPTY
        assert session.scalars(select(Recording)).one().message_id == message.id
