"""Texting our numbers over the simulated network: in any language, once, also while we slept."""

import pytest
from sqlalchemy import select

import wsgi
from storage.house import reading
from storage.states import InvitationState
from storage.tables import Invitation, Objection
from tests.scenarios.stage import Stage, serve

PERSON, LINE = "+46701740605", "+46846500400"
CUSTOMER = {
    "organisation": "consumer-credit",
    "campaign": "after-case",
    "case_reference": "K-1",
    "phone": PERSON,
    "locale": "sv",
}


def text(stage: Stage, body: str) -> None:
    stage.api("message", {"from": PERSON, "to": LINE, "body": body})
    stage.api("log", wait=1)


def replies(stage: Stage) -> list[str]:
    """What arrived on the person's telephone, the oldest first."""
    found = stage.simulator.exchange.store.messages.newest_first(recipient=PERSON)
    return [one.body for one in found][::-1]


def problems(stage: Stage) -> list[object]:
    return [one for one in stage.api("log")["entries"] if one["kind"] in ("error", "warning")]


def wishes() -> list[tuple[str, str]]:
    with reading() as session:
        rows = session.scalars(select(Objection).order_by(Objection.made_at, Objection.id))
        return [(one.method, one.source) for one in rows if one.withdrawn_at is None]


def states() -> list[InvitationState]:
    with reading() as session:
        return list(session.scalars(select(Invitation.state)))


@pytest.mark.parametrize("word", ["STOPP", "sluta"])
def test_a_nordic_stop_withdraws_the_call_is_confirmed_once_and_leaves_nothing_at_the_provider(
    stage: Stage, word: str
) -> None:
    stage.invite(CUSTOMER)

    text(stage, word)
    text(stage, word)

    assert (wishes(), states()) == ([("all", "sms")], [InvitationState.WITHDRAWN])
    (reply,) = replies(stage)
    assert reply.startswith("Exempelkredit: Noterat.")
    stage.settle()
    assert stage.api("left")["messages"] == {"count": 0, "sids": []}
    assert problems(stage) == []


def test_an_english_stop_is_confirmed_by_the_provider_and_start_opens_both_doors(
    stage: Stage,
) -> None:
    stage.invite(CUSTOMER)

    text(stage, " Stop ")
    assert wishes() == [("all", "sms")]
    text(stage, "START")

    assert wishes() == []
    assert len(replies(stage)) == 2
    assert problems(stage) == []


def test_a_stop_that_came_while_we_were_away_is_heard_by_the_sweep(stage: Stage) -> None:
    stage.invite(CUSTOMER)
    stage.web.stop()
    text(stage, "Stoppa")
    assert wishes() == []

    stage.wind(minutes=5)
    stage.sweep()

    assert (wishes(), states()) == ([("all", "sms")], [InvitationState.WITHDRAWN])
    assert stage.api("left")["messages"]["count"] == 0


def test_a_stop_heard_late_does_not_undo_a_start_said_since(stage: Stage) -> None:
    port = int(stage.web.origin.rsplit(":", 1)[1])
    stage.web.stop()
    text(stage, "Stoppa")
    stage.web = serve(wsgi.create_app(stage.house.settings), port)
    stage.wind(seconds=30)
    text(stage, "BÖRJA")

    stage.wind(minutes=5)
    stage.sweep()

    assert wishes() == []
    assert stage.api("left")["messages"]["count"] == 0
