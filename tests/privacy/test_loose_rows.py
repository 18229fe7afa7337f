"""What goes only while nothing hangs on it stays whole when something is hung on it meanwhile."""

from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import select

from privacy import erasing
from privacy.descent import Descent
from privacy.erasing import hands_of
from storage.house import House, reading
from storage.keyring import WrappedKey
from storage.many_ids import ManyIds
from storage.receipts import Detail, Erased, Receipt, Way, What
from storage.tables import Customer, Interaction, Organisation
from tests.rows import NOON, add, make_customer, make_organisation, named_case

LATER = NOON + timedelta(days=999)


def make_contact(customer: Customer) -> None:
    add(
        Interaction(
            **named_case(customer.organisation_id), customer_id=customer.id, happened_at=NOON,
            created_at=NOON,
        )
    )  # fmt: skip


def receipt_of(organisation: Organisation) -> Receipt:
    return Receipt(
        what=What.PURGED, happened_at=LATER, organisation_id=organisation.id, kind="customers"
    )


def customers() -> list[UUID]:
    with reading() as session:
        return list(session.scalars(select(Customer.id)))


def keyed(house: House, *items: UUID) -> set[UUID]:
    with house.keyring.database.reading() as session:
        return set(session.scalars(select(WrappedKey.item_id).where(WrappedKey.item_id.in_(items))))


def test_whoever_came_back_between_the_look_and_the_erasure_keeps_key_and_number(
    house: House,
) -> None:
    organisation = make_organisation()
    back, gone = (make_customer(organisation, phone=f"+4670174060{n}") for n in (1, 2))
    make_contact(back)

    done = erasing.erase(
        receipt_of(organisation), Customer, [back.id, gone.id], Way.REMOVE_LOOSE,
        hands=hands_of(house), now=LATER,
    )  # fmt: skip

    assert (done.gone, done.left) == (1, True)
    assert customers() == [back.id]
    assert keyed(house, back.id, gone.id) == {back.id}
    with reading() as session:
        stored = session.get_one(Customer, back.id)
    assert stored.phone_hash is not None
    phone = house.keyring.open(back.id, "customer.phone", stored.phone_sealed)
    assert phone == "+46701740601"


def test_what_was_hung_on_hidden_rows_is_left_with_them_for_the_next_run(house: House) -> None:
    organisation = make_organisation()
    first, second = (make_customer(organisation, phone=f"+4670174060{n}") for n in (1, 2))
    rows = ManyIds((first.id, second.id))
    erased = Erased(table="customers", roots=rows, way=Way.REMOVE_LOOSE, items=rows)
    begun = Receipt(
        what=What.PURGED, happened_at=LATER, organisation_id=organisation.id, kind="customers",
        detail=Detail(erased=erased), id=uuid4(),
    )  # fmt: skip
    house.ledger.intend(begun, at=LATER)
    make_contact(first)
    counted = list[int]()

    done = erasing.finish(
        begun, hands=hands_of(house), now=LATER, known=Descent({"customers": [rows]}),
        counted=lambda _session, number: counted.append(number),
    )  # fmt: skip

    assert (done.gone, done.left, counted) == (0, True, [0])
    assert set(customers()) == set(rows)
    with reading() as session:
        assert session.scalars(select(Interaction.customer_id)).all() == [first.id]
