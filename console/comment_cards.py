"""Comments with all that belongs beside them: score, state, words, player."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from console import dates, paging, players, scores, sensitive, transcripts, wording
from console.opening import Opened
from console.players import Player
from console.scores import Score
from console.sensitive import Mark
from console.transcripts import ShownWord
from console.visitor import Visitor
from console.wording import Said
from storage.keyring import Keyring
from storage.listening_words import Act
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
from survey.asked_as import by_question
from survey.script import SurveyScript

_NOT_SHOWN: Final = frozenset({CommentState.ERASED, CommentState.EMPTY, CommentState.LOST})


@dataclass(frozen=True, slots=True)
class CommentCard:
    """One comment as a page shows it. `version` changes whenever anything of it changes."""

    id: UUID
    response_id: UUID
    organisation_id: UUID
    # The recording of a spoken one.
    spoken_id: UUID | None
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
    # Somebody wrote the words anew: the customer, or staff on the customer's request.
    corrected: bool
    player: Player | None
    mark: Mark
    version: str

    @property
    def read(self) -> Opened | None:
        """Whose words whoever looks at the card has read."""
        item = self.spoken_id if self.words else self.id if self.typed else None
        if item is None:
            return None
        return Opened(item, self.organisation_id, response_id=self.response_id)


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
    """The condition that a comment can be played and nobody has played it yet.

    One that is marked as sensitive waits for nobody.
    """
    heard = exists().where(
        Listening.item_id == Recording.id,
        Listening.act == Act.HEARD,
        Listening.user_id.is_not(None),
    )
    return exists().where(
        Recording.comment_id == Comment.id,
        Comment.sensitive_at.is_(None),
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
    wanted = select(Response).where(
        Response.id.in_({comment.response_id for comment in comments}), visitor.sees(Response)
    )
    responses = {response.id: response for response in session.scalars(wanted)}
    recordings = players.current(
        session.scalars(
            select(Recording).where(
                Recording.comment_id.in_([comment.id for comment in comments]),
                visitor.sees(Recording),
            )
        )
    )
    answers = defaultdict(list)
    for answer in session.scalars(select(Answer).where(Answer.response_id.in_(responses))):
        answers[answer.response_id].append(answer)
    beside = _Beside(
        recordings=recordings,
        words=_transcripts(session, keyring, [r.id for r in recordings.values()]),
        answers=answers,
        places=_places(session, {r.campaign_id for r in responses.values()}),
        scripts=scores.scripts(session, {r.survey_version_id for r in responses.values()}),
        heard=players.heard(session, visitor, [r.id for r in recordings.values()]),
    )
    typed = transcripts.typed(
        keyring, [(comment, responses[comment.response_id].language) for comment in comments]
    )
    return [
        _card(comment, responses[comment.response_id], text, beside, who=visitor, locale=locale)
        for comment, text in zip(comments, typed, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Beside:
    """What was gathered for a page of comments, by the ids it hangs on."""

    recordings: Mapping[UUID, Recording]
    words: Mapping[UUID, tuple[ShownWord, ...]]
    answers: Mapping[UUID, list[Answer]]
    places: Mapping[UUID, tuple[Campaign, Organisation]]
    scripts: Mapping[UUID, SurveyScript]
    heard: frozenset[UUID]


def _card(
    comment: Comment,
    response: Response,
    typed: str,
    beside: _Beside,
    *,
    who: Visitor,
    locale: str,
) -> CommentCard:
    recording = beside.recordings.get(comment.id)
    campaign, organisation = beside.places[response.campaign_id]
    script, answers = beside.scripts[response.survey_version_id], beside.answers[response.id]
    zone = ZoneInfo(organisation.timezone)
    language = recording.language if recording else response.language
    mark = sensitive.mark_of(comment, organisation, who)
    shown = comment.state not in _NOT_SHOWN and mark.opened
    player = players.player(recording, beside.heard) if shown else None
    words = beside.words.get(recording.id, ()) if recording and shown else ()
    erased = recording.erased_at if recording else None
    asked, asked_in = _asked(script, comment.question_key, response.language, answers)
    heard = "heard" if player and player.heard else ""
    return CommentCard(
        id=comment.id,
        response_id=response.id,
        organisation_id=organisation.id,
        spoken_id=recording.id if recording else None,
        organisation=organisation.name,
        campaign=campaign.key,
        question=asked,
        question_language=asked_in,
        made_at=comment.made_at,
        zone=zone,
        language=language,
        scores=scores.scores(script, answers),
        mark=mark,
        state=mark.said
        or wording.comment(
            comment.state,
            language=language,
            recording=recording.state if recording else None,
            erased_on=dates.day(erased, zone, locale=locale) if erased else None,
            words=bool(words),
        ),
        words=words,
        typed=typed if shown else "",
        corrected=comment.corrected_at is not None,
        player=player,
        version=f"{comment.state}-{player is not None}-{len(words)}-{heard}-{len(answers)}"
        + ("-sensitive" if mark.on else "")
        + (f"-{comment.corrected_at.timestamp():.0f}" if comment.corrected_at else ""),
    )


def _asked(
    script: SurveyScript, key: str, language: str, answers: Sequence[Answer]
) -> tuple[str, str]:
    try:
        return scores.prompt(script.question(key), language, by_question(answers))
    except KeyError:
        return key, "en"


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
