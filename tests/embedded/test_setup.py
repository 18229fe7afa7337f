"""The first start: what it prints is true at every later start too."""

import pytest

from embedded import setup
from storage import users
from storage.house import House, transaction


@pytest.fixture
def first(house: House) -> tuple[str, str]:
    """Name and password as the first start printed them."""
    return setup.sign_in(house.settings)


def test_the_sign_in_stays_the_same_and_is_its_owners_alone(
    house: House, first: tuple[str, str]
) -> None:
    assert setup.sign_in(house.settings) == first
    assert (house.settings.data_dir / setup.SIGN_IN_FILE).stat().st_mode & 0o077 == 0


def test_a_password_that_is_no_longer_right_is_not_printed(
    house: House, first: tuple[str, str]
) -> None:
    with transaction() as session:
        user = users.find(session, house.keyring, first[0])
        assert user is not None
        users.change_password(session, user, "another long password")

    assert setup.sign_in(house.settings) == (first[0], "")


def test_without_its_file_the_password_is_not_known(house: House, first: tuple[str, str]) -> None:
    (house.settings.data_dir / setup.SIGN_IN_FILE).unlink()

    assert setup.sign_in(house.settings) == (first[0], "")
