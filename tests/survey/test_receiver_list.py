"""Who gets data is kept with its past: a change is said, dated, and written over nothing."""

from datetime import UTC, date, datetime, timedelta

from config.receiver_rules import Receiver as Rules
from config.receiver_rules import ReceiverRole
from privacy import receivers
from storage.house import House, reading, transaction
from storage.tables import Organisation, Receiver
from survey import receiver_list
from tests.rows import NOON, make_organisation

DAY = timedelta(days=1)


def rules(name: str, *, gets: str = "numbers") -> Rules:
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
