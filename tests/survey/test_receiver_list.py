"""Who gets data is kept with its past: a change is said, dated, and written over nothing."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from config.receiver_rules import Receiver as Rules
from config.receiver_rules import ReceiverRole
from privacy import receivers
from storage.house import House, reading, transaction
from storage.tables import Organisation, Receiver
from survey import receiver_list
from tests.rows import NOON, make_organisation

DAY = timedelta(days=1)


def rules(name: str, *, gets: Any = "numbers") -> Rules:
    return Rules(
        name=name, role=ReceiverRole.SUB_PROCESSOR, work="calls", gets=gets, country="IE",
        transfer=None, since=date(2026, 1, 15),
    )  # fmt: skip


def keep(organisation: Organisation, *wanted: Rules, at: datetime) -> list[str]:
    with transaction() as session:
        return receiver_list.keep(session, organisation, wanted, now=at)


def test_each_change_is_said_and_dated_and_the_past_stays(house: House) -> None:
    organisation, other = make_organisation(), make_organisation()
    keep(other, rules("A"), at=NOON)

    said = [
        keep(organisation, rules("A"), rules("B"), at=NOON),
        keep(organisation, rules("A"), rules("B"), at=NOON + DAY),
        keep(organisation, rules("A", gets="numbers and sound"), at=NOON + 2 * DAY),
    ]

    assert said == [
        ["receiver A: new", "receiver B: new"],
        [],
        ["receiver A: changed", "receiver B: is in the file no more"],
    ]
    with reading() as session:
        listed, changed_at = receivers.listed(session, organisation.id)
        mine = session.query(Receiver).filter_by(organisation_id=organisation.id)
        past = {(one.name, one.gets, one.noted_at, one.ended_at) for one in mine}
    assert [(one.name, one.gets) for one in listed] == [("A", "numbers and sound")]
    assert changed_at == (NOON + 2 * DAY).astimezone(UTC)
    assert past == {
        ("A", "numbers", NOON, NOON + 2 * DAY),
        ("B", "numbers", NOON, NOON + 2 * DAY),
        ("A", "numbers and sound", NOON + 2 * DAY, None),
    }


def test_what_is_told_per_language_is_kept_so_and_another_language_is_told_english(
    house: House,
) -> None:
    organisation = make_organisation()
    first, second = {"sv": "nummer", "en": "numbers"}, {"sv": "nummer", "fi": "numerot"}

    said = [
        keep(organisation, rules("A", gets=first), at=NOON),
        keep(organisation, rules("A", gets=dict(reversed(first.items()))), at=NOON + DAY),
        keep(organisation, rules("A", gets=second), at=NOON + 2 * DAY),
    ]

    assert said == [["receiver A: new"], [], ["receiver A: changed"]]
    with reading() as session:
        mine = session.query(Receiver).order_by(Receiver.noted_at)
        told = [
            [receivers.told_of(one, language).gets for language in ("sv", "fi", "da", None)]
            for one in mine
        ]
        works = {receivers.told_of(one, "fi").work for one in mine}
    assert told == [
        ["nummer", "numbers", "numbers", "numbers"],
        ["nummer", "numerot", "nummer", "nummer"],
    ]
    assert works == {"calls"}  # one text for all
