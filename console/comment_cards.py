"""Comments with all that belongs beside them: score, state, words, player."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from console import dates, paging, players, scores, transcripts, wording
from console.players import Player
from console.scores import Score
from console.transcripts import ShownWord
from console.visitor import Visitor
from console.wording import Said
from storage.keyring import Keyring
from storage.states import CommentState, RecordingState
from storage.tables import (
    Answer,
    Campaign,
    Comment,
    Listening,
    Organisation,
    Recording,
    Response,
    Transcript,
)

_NOT_SHOWN: Final = frozenset({CommentState.ERASED, CommentState.EMPTY, CommentState.LOST})


@dataclass(frozen=True, slots=True)
class CommentCard:
    """One comment as a page shows it. `version` changes whenever anything of it changes."""

    id: UUID
    response_id: UUID
    organisation: str
    campaign: str
    question: str
    question_language: str
    made_at: datetime
    zone: tzinfo
    language: str
    scores: tuple[Score, ...]
    state: Said | None
    words: tuple[ShownWord, ...]
    typed: str
    player: Player | None
    version: str


def newest(
    session: Session,
    visitor: Visitor,
    *,
    key: str | None,
    where: Sequence[ColumnElement[bool]] = (),
) -> paging.Page[Comment]:
    """A page of comments, newest first."""
    query = (
        select(Comment)
        .join(Response, Comment.response_id == Response.id)
        .where(visitor.sees(Comment), *where, *paging.before(key, Comment.made_at, Comment.id))
        .order_by(Comment.made_at.desc(), Comment.id.desc())
        .limit(paging.PAGE + 1)
    )
    return paging.page(session.scalars(query).all(), lambda c: (c.made_at, c.id), key)


def unheard() -> ColumnElement[bool]:
    """The condition that a comment can be played and nobody has played it yet."""
    heard = exists().where(Listening.recording_id == Recording.id)
    return exists().where(
        Recording.comment_id == Comment.id,
        Recording.state == RecordingState.STORED,
        Recording.superseded.is_(False),
        ~heard,
    )


def cards(
    session: Session,
    visitor: Visitor,
    keyring: Keyring,
    comments: Sequence[Comment],
    *,
    locale: str,
) -> list[CommentCard]:
    """The cards of comments, in their order; a fixed number of queries however many there are."""
    if not comments:
        return []
    ids = [comment.id for comment in comments]
    responses = {
        row.id: row
        for row in session.scalars(
            select(Response).where(Response.id.in_({c.response_id for c in comments}))
        )
    }
    recordings = players.current(
        session.scalars(
            select(Recording).where(Recording.comment_id.in_(ids), visitor.sees(Recording))
        )
    )
    spoken = _transcripts(session, keyring, [r.id for r in recordings.values()])
    typed = [
        transcripts.typed(keyring, [c], language=responses[c.response_id].language)[0]
        if c.text_sealed is not None
        else ""
        for c in comments
    ]
    answers = defaultdict(list)
    for answer in session.scalars(select(Answer).where(Answer.response_id.in_(responses))):
        answers[answer.response_id].append(answer)
    places = _places(session, {r.campaign_id for r in responses.values()})
    versions = scores.scripts(session, {r.survey_version_id for r in responses.values()})
    heard = players.heard(session, visitor, [r.id for r in recordings.values()])

    made = []
    for comment, text in zip(comments, typed, strict=True):
        response, recording = responses[comment.response_id], recordings.get(comment.id)
        script = versions[response.survey_version_id]
        campaign, organisation = places[response.campaign_id]
        zone, language = ZoneInfo(organisation.timezone), response.language
        asked, tag = comment.question_key, "en"
        for question in script.questions:
            if question.key == comment.question_key:
                asked, tag = scores.prompt(question, language)
        shown = comment.state not in _NOT_SHOWN
        player = players.player(recording, heard) if shown else None
        words = spoken.get(recording.id, ()) if recording and shown else ()
        made.append(
            CommentCard(
                id=comment.id,
                response_id=response.id,
                organisation=organisation.name,
                campaign=campaign.key,
                question=asked,
                question_language=tag,
                made_at=comment.made_at,
                zone=zone,
                language=recording.language if recording else language,
                scores=scores.scores(script, answers[response.id]),
                state=_state(comment, recording, zone, language=language, locale=locale),
                words=words,
                typed=text if shown else "",
                player=player,
                version=f"{comment.state}-{recording.state if recording else ''}-{len(words)}"
                f"-{'heard' if player and player.heard else ''}-{len(answers[response.id])}",
            )
        )
    return made


def _state(
    comment: Comment, recording: Recording | None, zone: tzinfo, *, language: str, locale: str
) -> Said | None:
    erased = recording.erased_at if recording else None
    return wording.comment(
        comment.state,
        language=recording.language if recording else language,
        recording=recording.state if recording else None,
        erased_on=dates.day(erased, zone, locale=locale) if erased else None,
    )


def _transcripts(
    session: Session, keyring: Keyring, recordings: Sequence[UUID]
) -> dict[UUID, tuple[ShownWord, ...]]:
    rows = session.scalars(select(Transcript).where(Transcript.recording_id.in_(recordings))).all()
    texts = transcripts.opened(keyring, rows)
    return {row.recording_id: words for row, words in zip(rows, texts, strict=True)}


def _places(session: Session, campaigns: set[UUID]) -> dict[UUID, tuple[Campaign, Organisation]]:
    rows = session.execute(
        select(Campaign, Organisation)
        .join(Organisation, Campaign.organisation_id == Organisation.id)
        .where(Campaign.id.in_(campaigns))
    )
    return {campaign.id: (campaign, organisation) for campaign, organisation in rows}
