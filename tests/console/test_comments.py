"""Comments as staff see them: newest first, state said plainly, text masked, score beside it."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from console.paging import PAGE
from storage.house import house, transaction, utc_now
from storage.states import CommentKind, CommentState, RecordingState
from storage.tables import Comment, Recording, Role
from survey import corrections
from tests import rows
from tests.console.browsers import Browser
from tests.console.worlds import World, change

SignIn = Callable[..., Browser]


def test_the_transcript_is_masked_marked_and_labelled(sign_in: SignIn, world: World) -> None:
    page = sign_in(Role.STAFF, world.organisation).get("/console/comments").text

    assert '<span class="word" data-at="0.1">please</span>' in page
    assert '<span class="word doubtful" data-at="0.5"' in page
    assert '<span class="word masked" data-at="1.0"' in page
    assert "seven" not in page
    assert "Machine text." in page
    assert "What went wrong?" in page  # as it was put to somebody with that score
    assert "Tell us more." not in page
    assert f"/console/recordings/{world.recording.id}/audio" in page
    assert 'Recommend</span> <b>3</b><span class="of"> of 10' in page


def test_words_that_were_corrected_are_not_called_the_machines(
    sign_in: SignIn, world: World
) -> None:
    with transaction() as session:
        comment = session.get_one(Comment, world.comment.id)
        corrections.rewrite(session, comment, "please write", keyring=house().keyring, at=utc_now())

    page = sign_in(Role.STAFF, world.organisation).get("/console/comments").text

    assert "please</span>" in page
    assert "ring</span>" not in page
    assert "Corrected by the customer, or on their request." in page
    assert "Machine text." not in page
    assert "Click on a word" not in page  # nobody knows when which of them was said


@pytest.mark.parametrize(
    ("state", "sound", "words", "playable"),
    [
        (CommentState.RECORDED, RecordingState.READY, "The recording is on its way", False),
        (CommentState.AT_HOME, RecordingState.STORED, "The transcript is on its way", True),
        (CommentState.AUDIO_ONLY, RecordingState.STORED, "no model for Finnish", True),
        (CommentState.TRANSCRIPTION_FAILED, RecordingState.STORED, "audio kept", True),
        (CommentState.EMPTY, RecordingState.DROPPED, "Empty: nothing was said", False),
        (CommentState.LOST, RecordingState.FAILED, "could not be fetched", False),
        (CommentState.ERASED, RecordingState.ERASED, "Erased on 3 Mar 2026", False),
    ],
)
def test_each_state_is_said_and_only_what_can_be_played_has_a_player(
    sign_in: SignIn,
    world: World,
    state: CommentState,
    sound: RecordingState,
    words: str,
    playable: bool,
) -> None:
    erased = rows.NOON - timedelta(days=7) if sound is RecordingState.ERASED else None
    change(world.comment, state=state)
    change(world.recording, state=sound, language="fi", erased_at=erased)

    page = sign_in(Role.STAFF, world.organisation).get("/console/comments").text

    assert words in page
    assert ("data-player" in page) is playable


def test_of_two_recordings_the_replaced_one_is_not_played(sign_in: SignIn, world: World) -> None:
    change(world.recording, superseded=True, state=RecordingState.DROPPED)
    again = Recording(
        organisation_id=world.organisation.id, call_id=world.recording.call_id,
        comment_id=world.comment.id, visit=9, language="en", state=RecordingState.STORED,
        seconds=4.0, recorded_at=utc_now(),
    )  # fmt: skip
    rows.add(again)

    page = sign_in(Role.STAFF, world.organisation).get("/console/comments").text

    assert f"/console/recordings/{again.id}/audio" in page
    assert str(world.recording.id) not in page


def test_a_typed_comment_is_shown_masked_and_named_as_typed(sign_in: SignIn, world: World) -> None:
    text = "<b>Ring</b> 070-174 06 11"
    sealed = house().keyring.seal_one(world.comment.id, "comment.text", text)
    change(world.comment, kind=CommentKind.TYPED, state=CommentState.WRITTEN, text_sealed=sealed)

    page = sign_in(Role.STAFF, world.organisation).get("/console/comments").text

    assert "&lt;b&gt;Ring&lt;/b&gt; •••" in page
    assert "Typed by the customer" in page


def test_an_erased_key_leaves_no_words_and_breaks_nothing(sign_in: SignIn, world: World) -> None:
    browser = sign_in(Role.STAFF, world.organisation)
    from sqlalchemy import select

    from storage.house import reading
    from storage.tables import Transcript

    with reading() as session:
        transcripts = list(session.scalars(select(Transcript.id)))
    house().keyring.destroy(transcripts)

    page = browser.get("/console/comments")

    assert page.status_code == 200
    assert "please" not in page.text


def test_the_list_can_be_narrowed_to_what_nobody_has_heard(sign_in: SignIn, world: World) -> None:
    browser = sign_in(Role.STAFF, world.organisation)
    path = "/console/comments?heard=no"

    assert str(world.comment.id) in browser.get(path).text
    browser.get(f"/console/recordings/{world.recording.id}/audio")
    assert str(world.comment.id) not in browser.get(path).text
    assert str(world.comment.id) in browser.get("/console/comments").text


def test_pages_follow_each_other_without_gaps_or_repeats(sign_in: SignIn, world: World) -> None:
    at = utc_now() - timedelta(days=1)
    wanted = [world.comment.id]
    for n in range(PAGE + 4):
        customer = rows.make_customer(world.organisation, phone=f"+467011111{n:02d}", at=at)
        invitation = rows.make_invitation(world.campaign, customer, at=at)
        response = rows.make_response(world.campaign, invitation, at=at, score=None)
        wanted.append(rows.make_comment(response, at=at - timedelta(seconds=n // 3)).id)
    browser, seen, path = sign_in(Role.STAFF, world.organisation), [], "/console/comments"
    while path:
        text = browser.get(path).text
        seen += [part.split('"', 1)[0] for part in text.split('<li data-key="')[1:]]
        older = text.split('rel="next" href="')
        path = older[1].split('"')[0].replace("&amp;", "&") if len(older) > 1 else ""

    assert sorted(seen) == sorted(str(one) for one in wanted)


@pytest.mark.parametrize("key", ["x", "!!", "MjAyNg", "w6U", "MjAyNi0wMS0wMVQwMDowMDowMCAwMA"])
def test_a_made_up_page_is_not_there(sign_in: SignIn, key: str) -> None:
    assert sign_in().get(f"/console/comments?before={key}").status_code == 404


def test_the_live_part_carries_the_same_items_with_their_versions(
    sign_in: SignIn, world: World
) -> None:
    browser = sign_in(Role.STAFF, world.organisation)

    whole = browser.get("/console/comments").text
    before = browser.get("/console/comments/live").text
    change(world.comment, state=CommentState.AT_HOME)
    after = browser.get("/console/comments/live").text

    def versions(text: str) -> list[str]:
        return [part.split('"', 1)[0] for part in text.split('data-version="')[1:]]

    assert versions(whole) == versions(before)
    assert len(versions(after)) == 1
    assert versions(after) != versions(before)
    assert "<html" not in before


def test_who_sees_organisations_of_several_zones_is_told_which_zone_a_time_is_in(
    world: World, sign_in: SignIn
) -> None:
    alone = sign_in(organisation=world.organisation).get("/console/comments")
    rows.make_organisation(timezone="Europe/Helsinki")

    all_of_them = sign_in().get("/console/comments")

    zoned = re.compile(r"<time [^>]*>[^<]* CES?T</time>")
    assert zoned.search(all_of_them.text)
    assert not zoned.search(alone.text)
