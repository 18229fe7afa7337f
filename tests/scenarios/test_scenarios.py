"""Whole calls, played from files: what was heard, what was stored, what is left at the provider.

Each file is played on SQLite and on PostgreSQL, through real HTTP in both directions.
"""

import json
import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, fromstring, tostring

import pytest
from sqlalchemy import select

from simulator.profiles import PROFILES, ProfileName
from simulator.scenario import read_scenario
from storage.house import reading
from storage.states import CallState, InvitationState, ProviderCopyState, RecordingState
from storage.tables import (
    Alarm,
    Attempt,
    Call,
    CallEvent,
    Invitation,
    Message,
    Objection,
    ProviderCopy,
    Recording,
    RightsRequest,
    SentText,
    Transcript,
)
from tests.scenarios.stage import FILES, Played, Stage

SCENARIOS = sorted(FILES.glob("*.toml"))
PLAYED = [
    pytest.param(
        path,
        id=path.stem,
        marks=pytest.mark.conformance(*read_scenario(path).expect.get("conformance", [])),
    )
    for path in SCENARIOS
]
ON_EACH_PROVIDER = (
    "language-by-star", "resumes-after-a-cut", "comment-recorded-again", "hang-up-while-speaking",
    "nothing-said-at-the-tone", "star-objects-to-calls", "message-on-call-desk",
    "message-hang-up-keeps", "desk-objects", "desk-goes-on-where-the-call-broke-off",
)  # fmt: skip
"""Played on the providers that are not the first one too; the whole call has files of its own."""
FIELDS = {
    "status", "answers", "follow_up", "transcripts", "dispositions", "heard", "not_heard", "once",
    "tries", "objected", "objections", "language", "comment_states", "files", "problems",
    "left_open", "forbidden", "calls", "unsupported", "messages", "message_states",
    "message_transcripts", "mails", "alarms", "kept_at_provider", "patience", "requests",
    "texted", "documents", "conformance",
}  # fmt: skip


def test_there_are_at_least_forty_scenarios() -> None:
    assert len(SCENARIOS) >= 40


@pytest.mark.parametrize("path", PLAYED)
def test_scenario(stage: Stage, path: Path) -> None:
    check_everything(stage, stage.play(path))


@pytest.mark.conformance("C-PROF-1")
@pytest.mark.parametrize("profile", [ProfileName.SOMLENG, ProfileName.SIGNALWIRE])
@pytest.mark.parametrize("name", ON_EACH_PROVIDER)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the dialect is no database's
def test_the_same_call_on_another_provider(stage: Stage, name: str, profile: ProfileName) -> None:
    played = stage.play(FILES / f"{name}.toml", profile=profile)
    if not PROFILES[profile].deletes_recordings:
        played.expect["unsupported"] = True

    check_everything(stage, played)


def check_everything(stage: Stage, played: Played) -> None:
    """All that the scenario says of what was heard, answered, stored and left at the provider."""
    expect = played.expect
    assert set(expect) <= FIELDS, f"unknown expectation {set(expect) - FIELDS}"

    check_what_was_heard(played, expect)
    check_documents(played.documents, expect.get("documents", []))
    check_the_line(played, expect)
    check_rows(stage, expect)
    check_what_is_left(stage, played, expect)
    assert stage.catcher.store.count() == expect.get("mails", 0)
    if not expect.get("problems"):
        assert played.problems == []


def check_what_was_heard(played: Played, expect: Mapping[str, Any]) -> None:
    """The words in their order, and the words that must not be said at all."""
    spoken, at = " ".join(played.heard), 0
    for words in expect.get("heard", []):
        found = spoken.lower().find(words.lower(), at)
        assert found >= 0, f"{words!r} was not heard (in this order) in: {spoken}"
        at = found
    for words in expect.get("not_heard", []):
        assert words not in spoken
    for words in expect.get("once", []):
        assert len(re.findall(re.escape(words), spoken, re.IGNORECASE)) == 1


def check_documents(given: list[Element], wanted: list[str]) -> None:
    """The documents we answered with, in their order; others may come between.

    Each is written as its verbs, all of them, with those attributes that matter. An address may
    have a `*` for what is different in every call. Sentences in a row count as one `Say`.
    """
    rest = iter(given)
    for words in wanted:
        shape = fromstring(f"<Response>{words}</Response>")  # noqa: S314 - our own files
        assert any(is_like(one, shape) for one in rest), (
            f"no document (in this order) is {words} among:\n"
            + "\n".join(tostring(one, "unicode") for one in given)
        )


def is_like(given: Element, shape: Element) -> bool:
    """Whether a document, or a verb of one, is what the shape says."""
    verbs = [one for n, one in enumerate(given) if [one.tag] != [p.tag for p in given[n - 1 : n]]
             or one.tag != "Say"]  # fmt: skip
    return (
        given.tag == shape.tag
        and len(verbs) == len(shape)
        and all(fits(given.get(name), value) for name, value in shape.items())
        and all(is_like(one, other) for one, other in zip(verbs, shape, strict=True))
    )


def fits(value: str | None, wanted: str) -> bool:
    """Whether an attribute is there and is what is wanted; addresses by their pattern."""
    if value is None or not wanted.startswith("http"):
        return value == wanted
    return fnmatchcase(value, wanted)


def assert_texted(stage: Stage, wanted: list[list[str]]) -> None:
    """Each text that was sent, by words that it contains."""
    with reading() as session:
        texts = session.scalars(select(SentText).order_by(SentText.asked_at)).all()
    assert len(texts) == len(wanted)
    for text, words in zip(texts, wanted, strict=True):
        said = stage.house.keyring.open(text.id, "sent_text.body", text.body_sealed) or ""
        assert [one for one in words if one not in said] == []


def check_the_line(played: Played, expect: Mapping[str, Any]) -> None:
    """The line of the export, as far as the scenario names its parts."""
    line = played.line or {"answers": {}, "comments": [], "follow_up": "not asked",
                           "objected": False}  # fmt: skip
    for key in ("status", "answers", "follow_up", "objected", "language"):
        if key in expect:
            assert line[key] == expect[key], key
    if "transcripts" in expect:
        texts = [c["transcript"] for c in line["comments"] if c["transcript"]]
        assert texts == expect["transcripts"]
    if "comment_states" in expect:
        assert [c["state"] for c in line["comments"]] == expect["comment_states"]


def check_rows(stage: Stage, expect: Mapping[str, Any]) -> None:
    """Attempts, tries, objections and messages as the scenario names them."""
    with reading() as session:
        attempts = session.scalars(select(Attempt).order_by(Attempt.number)).all()
        invitations = session.scalars(select(Invitation)).all()
        calls = session.scalars(select(Call)).all()
        events = session.scalars(
            select(CallEvent).where(CallEvent.kind == "try").order_by(CallEvent.happened_at)
        ).all()
        objections = session.scalars(select(Objection.method)).all()
        messages = session.scalars(select(Message).order_by(Message.received_at)).all()
    if "dispositions" in expect:
        assert [a.disposition for a in attempts] == expect["dispositions"]
    if "tries" in expect:
        tried = [[e.facts["question"], e.facts["what"]] for e in events]
        assert tried == expect["tries"]
    if "objections" in expect:
        assert list(objections) == expect["objections"]
    if "calls" in expect:
        assert len(calls) == len(attempts) == expect["calls"]
    if "messages" in expect:
        kept = [m for m in messages if m.state != "empty"]
        assert len(kept) == expect["messages"]
        assert [m.state for m in kept] == expect.get("message_states", [])
    with reading() as session:
        requests = session.scalars(select(RightsRequest.kind)).all()
    assert list(requests) == expect.get("requests", [])
    with reading() as session:
        alarms = session.scalars(select(Alarm.kind)).all()
    assert list(alarms) == expect.get("alarms", [])
    assert_texted(stage, expect.get("texted", []))
    if "message_transcripts" in expect:
        assert transcripts_of_messages(stage) == expect["message_transcripts"]
    assert all(c.state in {CallState.COMPLETED, CallState.BUSY, CallState.NO_ANSWER,
                           CallState.FAILED, CallState.CANCELED} for c in calls)  # fmt: skip
    if not expect.get("left_open"):
        open_states = {InvitationState.PLANNED, InvitationState.TRYING}
        assert not [i for i in invitations if i.state in open_states]


def transcripts_of_messages(stage: Stage) -> list[str]:
    """The words of each message's transcript, opened."""
    with reading() as session:
        transcripts = session.scalars(select(Transcript)).all()
    opened = [stage.house.keyring.open(t.id, "transcript.words", t.words_sealed)
              for t in transcripts]  # fmt: skip
    return [" ".join(word[0] for word in json.loads(words)) for words in opened if words]


def check_what_is_left(stage: Stage, played: Played, expect: Mapping[str, Any]) -> None:
    """Nothing is left at the provider; every file belongs to a row and every row to a file."""
    with reading() as session:
        recordings = session.scalars(select(Recording)).all()
        copies = session.scalars(select(ProviderCopy)).all()
    stored = {r.id for r in recordings if r.state is RecordingState.STORED}
    files = set(stage.house.blobs.items())
    assert files == stored
    if "files" in expect:
        assert len(files) == expect["files"]
    if expect.get("unsupported"):
        assert {c.state for c in copies} == {ProviderCopyState.UNSUPPORTED}
        return
    kept = expect.get("kept_at_provider", 0)
    assert played.left["recordings"]["count"] == kept
    if kept:
        # What could not be brought home is not deleted at the provider: somebody must look.
        return
    assert {c.state for c in copies} <= {ProviderCopyState.GONE}
    if not expect.get("forbidden"):
        assert played.left["calls"]["count"] == 0
