"""Words that were put right: the old ones are told by no backup, and a receipt says so."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from privacy import holds, restoring
from privacy.erasing import hands_of
from storage import receipt_writing, sealing
from storage.house import House, house, open_house, reading, transaction, utc_now
from storage.receipts import What
from storage.states import CommentKind, CommentState
from storage.tables import Comment, Hold, Organisation, Recording, Transcript
from survey import corrections
from tests.console.worlds import World, make_world
from tests.privacy.backups import back_up, restore
from tests.privacy.test_logs_by_age import make_user
from tests.privacy.test_nothing_to_read import raw_keys
from tests.rows import NOON, add

NEW = "jag menade något annat"


def rows(table: Any) -> list[Any]:
    with reading() as session:
        return list(session.scalars(select(table).order_by(table.id)))


def opens(item: Any, kind: str, sealed: bytes) -> bool:
    """Whether any key that an operator has opens it."""
    for key in raw_keys(house()).values():
        try:
            sealing.unseal(key, sealed, item=item, kind=kind)
        except sealing.BrokenSealError:
            continue
        return True
    return False


def rewrite(world: World) -> None:
    with transaction() as session:
        comment = session.get_one(Comment, world.comment.id)
        corrections.rewrite(session, comment, NEW, keyring=house().keyring, at=utc_now())


def write_out() -> None:
    receipt_writing.write_out(ledger=house().ledger, keyring=house().keyring, now=utc_now())


def transcript(world: World) -> Transcript:
    (found,) = [one for one in rows(Transcript) if one.recording_id == world.recording.id]
    return found


def typed(world: World) -> Comment:
    """The world's comment as one that was typed."""
    with transaction() as session:
        row = session.get_one(Comment, world.comment.id)
        session.get_one(Recording, world.recording.id).comment_id = None
        row.kind, row.state = CommentKind.TYPED, CommentState.RECORDED
        row.text_sealed = house().keyring.seal_one(row.id, "comment.text", "det gamla")
    return row


def test_no_key_that_is_left_opens_the_words_of_an_older_backup(
    house: House, tmp_path: Path
) -> None:
    world = make_world()
    old = transcript(world)
    assert opens(old.id, "transcript.words", old.words_sealed or b"")
    back_up(house, tmp_path / "backup")

    rewrite(world)
    write_out()

    (line,) = [one for one in house.ledger.lines(world.organisation.id)
               if one.what is What.CORRECTED]  # fmt: skip
    assert json.loads(line.body)["keys"] == 1
    now = transcript(world)
    assert NEW.split()[0] in (
        house.keyring.open(now.id, "transcript.words", now.words_sealed) or ""
    )
    restore(house, tmp_path / "backup")
    opened = open_house(house.settings, restored=True)
    there = transcript(world)
    assert there.id == old.id
    assert not opens(there.id, "transcript.words", there.words_sealed or b"")
    restoring.check(hands=hands_of(opened), database=opened.database, now=utc_now())
    assert [one.id for one in rows(Transcript) if one.recording_id == world.recording.id] == []


def test_the_sound_the_recording_and_the_comment_stay_what_they_were(house: House) -> None:
    world = make_world()
    before = transcript(world)

    rewrite(world)
    write_out()

    after = transcript(world)
    assert (after.id != before.id, after.created_at) == (True, before.created_at)
    assert after.corrected_at is not None
    assert [one.id for one in rows(Comment)] == [world.comment.id]
    assert house.keyring.keys([world.recording.id, before.id, after.id]).keys() == {
        world.recording.id, after.id,
    }  # fmt: skip


def test_a_typed_comment_gets_another_key_and_what_holds_it_still_does(house: House) -> None:
    world = make_world()
    old = typed(world)
    with reading() as session:
        owner = session.get_one(Organisation, world.organisation.id)
        held = holds.of_item(session, owner, old.id)
    kept = Hold(
        id=uuid4(), organisation_id=world.organisation.id, scope=held.scope, **held.columns,
        owner_id=make_user(world.organisation.id).id, review_at=NOON, made_at=NOON,
    )  # fmt: skip
    add(kept)

    rewrite(world)
    write_out()

    assert [one.comment_id for one in rows(Hold)] == [
        one.id for one in rows(Comment) if one.question_key == old.question_key
    ]
    (now,) = [one for one in rows(Comment) if one.question_key == old.question_key]
    assert house.keyring.open(now.id, "comment.text", now.text_sealed) == NEW
    assert not opens(old.id, "comment.text", old.text_sealed or b"")


def test_killed_after_the_commit_the_key_goes_with_the_next_writing(house: House) -> None:
    world = make_world()
    old = transcript(world)
    rewrite(world)  # and nobody rings the worker's bell
    assert old.id in house.keyring.keys([old.id])

    write_out()
    write_out()

    assert house.keyring.keys([old.id]) == {}
    lines = [one.what for one in house.ledger.lines(world.organisation.id)]
    assert lines.count(What.CORRECTED) == 1


def test_a_correction_that_is_not_committed_destroys_nothing(house: House) -> None:
    world = make_world()
    old = transcript(world)

    with pytest.raises(RuntimeError, match="not now"), transaction() as session:
        comment = session.get_one(Comment, world.comment.id)
        corrections.rewrite(session, comment, NEW, keyring=house.keyring, at=utc_now())
        raise RuntimeError("not now")
    write_out()

    assert transcript(world).id == old.id
    assert house.keyring.open(old.id, "transcript.words", old.words_sealed)
