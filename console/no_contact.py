"""Noting that somebody does not want to be contacted any more, or may be contacted again.

The answer is the same whether anybody is known by the number or address, or not.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeVar
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from console.blueprint import bp
from console.gate import READERS, only, visitor
from console.visitor import Visitor
from storage.house import house, reading, transaction, utc_now
from storage.tables import Organisation
from survey import numbers, objections, subjects
from survey.numbers import BadNumberError
from survey.objections import Source
from survey.permission import Method
from survey.subjects import BadAddressError, Subject

log = logging.getLogger(__name__)

E = TypeVar("E", bound=StrEnum)

SOURCES: Final = {
    Source.TOLD_STAFF: "Told to one of us",
    Source.CALLED_US: "Called us about it",
    Source.LETTER: "By letter",
    Source.EMAIL: "By e-mail",
}
METHODS: Final = {
    Method.ALL: "Everything",
    Method.CALLS: "Calls",
    Method.SMS: "Text messages",
    Method.EMAIL: "E-mail",
}


class Wish(StrEnum):
    """What the person wants."""

    STOP = "stop"
    AGAIN = "again"


@dataclass(frozen=True, slots=True)
class WishForm:
    """What was typed and chosen; `subject` is set when it names somebody that can be looked up."""

    who: str = ""
    wish: Wish = Wish.STOP
    method: Method = Method.ALL
    source: Source = Source.TOLD_STAFF
    subject: Subject | None = None
    fault: str = ""
    organisation_id: UUID | None = None
    organisation: str = ""
    choices: Sequence[tuple[UUID, str]] = field(default=())

    @property
    def shown(self) -> str:
        """The number or address as it was understood."""
        if self.subject is None:
            return ""
        if self.subject.phone is not None:
            return numbers.readable(self.subject.phone)
        return self.subject.email or ""


@bp.get("/no-contact")
@only(READERS)
def no_contact() -> ResponseReturnValue:
    """The empty form; with what was noted just now, if something was."""
    told = request.args.get("noted")
    noted = _member(Wish, told, Wish.STOP) if told else None
    with reading() as session:
        form = WishForm(choices=_choices(session, visitor()))
    return render_template("console/no_contact.html", form=form, noted=noted, **_words())


@bp.post("/no-contact")
@only(READERS)
def note_wish() -> ResponseReturnValue:
    """First what was understood, to be read back; then it is noted."""
    who = visitor()
    with reading() as session:
        form = _read(session, who)
    if form.subject is None or form.organisation_id is None:
        return render_template("console/no_contact.html", form=form, noted=None, **_words()), 422
    if "change" in request.form:
        return render_template("console/no_contact.html", form=form, noted=None, **_words())
    if "confirmed" not in request.form:
        return render_template("console/no_contact_confirm.html", form=form, **_words())
    (hashes,) = subjects.hashes_of(
        [form.subject], organisation_id=form.organisation_id, keyring=house().keyring
    )
    with transaction() as session:
        _note(session, form, form.organisation_id, hashes, by=who.user_id)
    log.info("wish.noted", extra={"user_id": who.user_id, "wish": form.wish.value})
    return redirect(url_for("console.no_contact", noted=form.wish.value), 303)


def _note(
    session: Session,
    form: WishForm,
    organisation_id: UUID,
    hashes: tuple[bytes, ...],
    *,
    by: UUID,
) -> None:
    now = utc_now()
    if form.wish is Wish.AGAIN:
        objections.take_back(
            session,
            organisation_id,
            hashes,
            method=form.method,
            source=form.source,
            at=now,
            by=by,
        )
        return
    objections.record_hashes(
        session, organisation_id, hashes, method=form.method, source=form.source, at=now, by=by
    )


def _read(session: Session, who: Visitor) -> WishForm:
    choices = _choices(session, who)
    chosen = request.form.get("organisation", "")
    organisation = next((one for one in choices if str(one[0]) == chosen), None)
    if organisation is None and len(choices) == 1:
        organisation = choices[0]
    written = request.form.get("who", "").strip()[:254]
    subject, fault = None, ""
    if organisation is None:
        fault = "Choose the organisation."
    elif not written:
        fault = "A telephone number or an e-mail address is needed."
    else:
        country = session.get_one(Organisation, organisation[0]).country
        try:
            subject = subjects.guessed(written, country=country)
        except (BadNumberError, BadAddressError) as error:
            fault = f"This {error}."
    return WishForm(
        who=written,
        wish=_member(Wish, request.form.get("wish"), Wish.STOP),
        method=_member(Method, request.form.get("method"), Method.ALL),
        source=_source(request.form.get("source")),
        subject=subject,
        fault=fault,
        organisation_id=organisation[0] if organisation else None,
        organisation=organisation[1] if organisation else "",
        choices=choices,
    )


def _choices(session: Session, who: Visitor) -> list[tuple[UUID, str]]:
    rows = session.execute(
        select(Organisation.id, Organisation.name)
        .where(who.sees(Organisation))
        .order_by(Organisation.name)
    )
    return [(item, name) for item, name in rows]


def _source(text: str | None) -> Source:
    source = _member(Source, text, Source.TOLD_STAFF)
    return source if source in SOURCES else Source.TOLD_STAFF


def _words() -> dict[str, object]:
    return {"sources": SOURCES, "methods": METHODS, "wishes": Wish}


def _member(kind: type[E], text: str | None, otherwise: E) -> E:
    try:
        return kind(text or "")
    except ValueError:
        return otherwise
