"""Playing a recording: who may, what comes back, and that each listening is on record."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from storage.house import house, reading, utc_now
from storage.listening_words import Act
from storage.states import RecordingState
from storage.tables import Listening, Role
from tests.console.browsers import Browser
from tests.console.worlds import World, change

SignIn = Callable[..., Browser]


def address(world: World) -> str:
    return f"/console/recordings/{world.recording.id}/audio"


def listenings() -> list[Listening]:
    with reading() as session:
        return list(session.scalars(select(Listening).where(Listening.act == Act.HEARD)))


def test_the_whole_sound_comes_as_wav_and_is_stored_nowhere(sign_in: SignIn, world: World) -> None:
    answer = sign_in(Role.STAFF, world.organisation).get(address(world))

    assert answer.status_code == 200
    assert answer.data == world.sound
    assert answer.mimetype == "audio/wav"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Accept-Ranges"] == "bytes"


def test_a_part_of_the_sound_is_that_part(sign_in: SignIn, world: World) -> None:
    browser, length = sign_in(), len(world.sound)

    middle = browser.get(address(world), headers={"Range": "bytes=70000-140000"})
    last = browser.get(address(world), headers={"Range": "bytes=-100"})
    beyond = browser.get(address(world), headers={"Range": f"bytes={length}-"})

    assert (middle.status_code, middle.data) == (206, world.sound[70000:140001])
    assert middle.headers["Content-Range"] == f"bytes 70000-140000/{length}"
    assert (last.status_code, last.data) == (206, world.sound[-100:])
    assert (beyond.status_code, beyond.data) == (416, b"")
    assert beyond.headers["Content-Range"] == f"bytes */{length}"


def test_a_part_of_another_version_is_answered_with_the_whole(
    sign_in: SignIn, world: World
) -> None:
    browser = sign_in()
    tag = browser.get(address(world)).headers["ETag"]

    same = browser.get(address(world), headers={"Range": "bytes=0-9", "If-Range": tag})
    other = browser.get(address(world), headers={"Range": "bytes=0-9", "If-Range": '"old"'})

    assert (same.status_code, other.status_code) == (206, 200)


def test_listening_is_logged_once_per_user_recording_and_sitting(
    sign_in: SignIn, world: World
) -> None:
    browser = sign_in()
    for part in ("bytes=0-", "bytes=1000-2000", "bytes=5-"):
        browser.get(address(world), headers={"Range": part})
    browser.get(f"/console/recordings/{world.message_recording.id}/audio")

    once = listenings()
    sign_in().get(address(world))

    assert sorted(one.item_id for one in once) == sorted(
        [world.recording.id, world.message_recording.id]
    )
    assert len(listenings()) == 3
    assert {one.organisation_id for one in listenings()} == {world.organisation.id}


def test_looking_without_hearing_is_no_listening(sign_in: SignIn, world: World) -> None:
    browser = sign_in()

    browser.get(f"/console/responses/{world.response.id}")
    browser.get("/console/comments")
    head = browser.client.head(address(world), base_url="https://genklang.example")
    browser.get(address(world), headers={"Range": "bytes=99999999-"})

    assert head.headers["Content-Length"] == str(len(world.sound))
    assert listenings() == []


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"state": RecordingState.ERASED, "erased_at": utc_now()}, 410),
        ({"state": RecordingState.READY}, 404),
        ({"state": RecordingState.DROPPED}, 404),
        ({"state": RecordingState.FAILED}, 404),
        ({"superseded": True}, 404),
    ],
)
def test_what_is_not_to_be_heard_is_not_there(
    sign_in: SignIn, world: World, changes: dict[str, object], status: int
) -> None:
    change(world.recording, **changes)

    answer = sign_in().get(address(world))

    assert (answer.status_code, answer.mimetype) == (status, "text/html")
    assert listenings() == []


def test_a_destroyed_key_and_a_lost_file_are_said_plainly(sign_in: SignIn, world: World) -> None:
    browser = sign_in()
    house().blobs.delete(world.recording.id)
    lost = browser.get(address(world))
    house().keyring.destroy([world.recording.id])
    erased = browser.get(address(world))

    assert (lost.status_code, erased.status_code) == (404, 410)
    assert "erased" in erased.text


def test_a_client_company_hears_messages_and_never_comments(sign_in: SignIn, world: World) -> None:
    browser = sign_in(Role.CLIENT, world.organisation)

    assert browser.get(address(world)).status_code == 404
    answer = browser.get(f"/console/recordings/{world.message_recording.id}/audio")
    assert answer.data == world.sound


def test_an_operator_hears_nothing(sign_in: SignIn, world: World) -> None:
    assert sign_in(Role.OPERATOR).get(address(world)).status_code == 403
