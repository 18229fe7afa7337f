"""HOSTS_ALLOWED: which hosts are let in, and that each has a reason somebody wrote."""

import pytest

from config.host_allowances import Allowance, hosts_allowed, written


def test_a_reason_may_have_commas() -> None:
    found = hosts_allowed(
        "DB.example.com. = in the EU, run by Example, in Frankfurt, "
        "[2001:db8::1]=ours, in Oslo,mx.example.com=a"
    )

    assert found == (
        Allowance("db.example.com", "in the EU, run by Example, in Frankfurt"),
        Allowance("2001:db8::1", "ours, in Oslo"),
        Allowance("mx.example.com", "a"),
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("db.example.com", "gives no reason for the first host"),
        ("db.example.com=", "gives no reason for db.example.com"),
        ("db.example.com= ,mx.example.com=x", "gives no reason for db.example.com"),
        ("=x", "entry 1 does not begin with the name of a host alone"),
        ("a.example=x, https://b.example=y", "entry 2 does not begin with"),
        ("a.example=x, and y = z", "entry 2 does not begin with"),
        ("a.example=x,A.example=y", "names the same host twice"),
        ("a.example=<why it may go there>", "still to be filled in"),
        ('a.example=our "own"', "quotation marks"),
        ("a.example=" + "x" * 301, "at most 300 characters"),
    ],
)
def test_what_is_wrong_is_said(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        hosts_allowed(text)


def test_a_url_with_a_password_in_place_of_a_host_is_not_shown() -> None:
    with pytest.raises(ValueError, match="entry 1") as caught:
        hosts_allowed("postgresql://app:hush@db.example.com/x=ours")

    assert "hush" not in str(caught.value)


def test_what_is_written_out_can_be_read_again() -> None:
    pairs = [("db.example.com", "in Oslo, run by us"), ("::1", "here")]

    text = written(pairs).removeprefix('HOSTS_ALLOWED="').removesuffix('"')

    assert [(one.host, one.reason) for one in hosts_allowed(text)] == pairs
