"""How somebody was contacted and by what right, as their package tells it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from config.campaign_rules import LegalBasis
from storage.house import House, reading, transaction
from storage.states import ContactPurpose
from storage.tables import Customer, Invitation, PermissionDecision
from survey.permission_record import to_document
from tests.privacy.test_access_package import data_of, everything, package
from tests.rows import NOON, add, make_organisation
from tests.survey.test_permission import GOOD


def test_the_purpose_of_a_case_is_that_of_the_asking_and_not_of_a_later_text_or_follow_up(
    house: House, tmp_path: Path
) -> None:
    customer = everything(house, make_organisation())
    asked = replace(GOOD, legal_basis=LegalBasis.CONTRACT)
    with transaction() as session:
        session.query(PermissionDecision).update({"facts": to_document(asked)})
    for hours, purpose in enumerate((ContactPurpose.SERVICE, ContactPurpose.FOLLOW_UP), start=1):
        decide(customer, purpose, hours=hours)

    case = data_of(package(house, customer, tmp_path))["cases"][0]

    assert (case["purpose"], case["legal_basis"]) == ("survey", "contract")
    told = [(one["purpose"], one["legal_basis"]) for one in case["decisions"]]
    assert told[0] == ("survey", "contract")
    assert [purpose for purpose, _ in told[1:]] == ["service", "follow_up"]


def test_an_asking_that_was_refused_still_tells_its_purpose_beside_a_text_that_was_allowed(
    house: House, tmp_path: Path
) -> None:
    customer = everything(house, make_organisation())
    with transaction() as session:
        session.query(PermissionDecision).update({"facts": to_document(GOOD), "allowed": False})
    decide(customer, ContactPurpose.SERVICE, hours=1)

    case = data_of(package(house, customer, tmp_path))["cases"][0]

    assert case["purpose"] == "survey"


def decide(customer: Customer, purpose: ContactPurpose, *, hours: int) -> None:
    """A later contact that was allowed for something else than asking."""
    with reading() as session:
        invitation = session.query(Invitation).one()
    add(
        PermissionDecision(
            organisation_id=customer.organisation_id, invitation_id=invitation.id,
            method="sms", allowed=True, rule="allowed",
            facts=to_document(replace(GOOD, purpose=purpose)),
            decided_at=NOON + timedelta(hours=hours),
        )
    )  # fmt: skip
