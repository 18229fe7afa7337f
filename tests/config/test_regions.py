"""Where a host stands: what its name or address tells, and what it does not."""

import pytest

from config.host_names import UnreadableHostError, host_of, spelled
from config.regions import EEA, EU, Ground, allowed_regions, place_of


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.9.9.9", "::1", "localhost", "db.localhost",
        "0.0.0.0",  # noqa: S104 - a host that is read, not bound
        "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.7.7", "169.254.1.1",
        "fd00::5", "fe80::1%eth0", "::ffff:10.0.0.1",
        "db", "postgres-1", "redis.internal", "printer.local", "db.default.svc.cluster.local",
        "nas.home.arpa",
        # Spellings of 127.0.0.1 and 10.0.0.1 that the system understands.
        "127.1", "2130706433", "0x7f000001", "10.1",
    ],
)  # fmt: skip
def test_this_machine_and_private_networks_are_own_ground(host: str) -> None:
    assert place_of(spelled(host)).ground is Ground.OWN


@pytest.mark.parametrize(
    "host",
    [
        # No ending tells where a machine stands: .se is registered from anywhere.
        "db.example.com", "db.example.se", "mail.example.no", "db.example.eu",
        "8.8.8.8", "172.32.0.1", "192.169.0.1", "100.64.0.1", "2001:db8::1", "::ffff:8.8.8.8",
        # An address in the old spelling is no name of one label.
        "134744072", "0x08080808", "8.8",
        "internal.example.com", "local.example.com", "localhost.example.com",
        "s3.amazonaws.com", "s3-accelerate.amazonaws.com", "d1.cloudfront.net",
        # A bucket may be called like a region, and a stranger like a provider.
        "eu-west-1.s3.amazonaws.com", "s3.eu-west-9.amazonaws.com", "eu-north-1.example.com",
        "s3.eu-north-1.amazonaws.com.example.com", "notamazonaws.com", "fr-par.example.com",
        "api.dublin.ie1.twilio.com.example.com", "nottwilio.com",
        "api.roaming.ie1.twilio.com", "api.dublin.de1.twilio.com", "a.b.c.d.twilio.com",
        "s3.it-mil.scw.cloud", "fr-par.s3.scw.cloud", "sin1.your-objectstorage.com",
        "evil。example",
    ],
)  # fmt: skip
def test_what_a_name_does_not_tell_is_unknown(host: str) -> None:
    assert place_of(spelled(host)).ground is Ground.UNKNOWN


@pytest.mark.parametrize(
    ("host", "countries"),
    [
        ("s3.eu-north-1.amazonaws.com", "SE"),
        ("bucket.s3.eu-central-1.amazonaws.com", "DE"),
        ("us-east-1.s3.eu-west-3.amazonaws.com", "FR"),
        ("s3.dualstack.eu-south-2.amazonaws.com", "ES"),
        ("s3-eu-west-1.amazonaws.com", "IE"),
        ("s3.eusc-de-east-1.amazonaws.eu", "DE"),
        ("db.abc123.eu-south-1.rds.amazonaws.com", "IT"),
        ("cache.abc.0001.eun1.cache.amazonaws.com", "SE"),
        ("email-smtp.eu-west-1.amazonaws.com", "IE"),
        ("ip-10-0-0-1.eu-west-1.compute.internal", "IE"),
        ("fsn1.your-objectstorage.com", "DE"),
        ("bucket.hel1.your-objectstorage.com", "FI"),
        ("s3.nl-ams.scw.cloud", "NL"),
        ("api.dublin.ie1.twilio.com", "IE"),
        ("api.frankfurt.ie1.twilio.com", "IE DE"),
        ("API.Dublin.IE1.twilio.com.", "IE"),
    ],
)
def test_a_name_that_tells_a_place_in_the_eea(host: str, countries: str) -> None:
    place = place_of(spelled(host))

    assert place.countries == tuple(countries.split())
    assert set(place.countries) <= EEA


@pytest.mark.parametrize(
    ("host", "country"),
    [
        # Called eu-, and not in the EU/EEA.
        ("s3.eu-west-2.amazonaws.com", "GB"),
        ("s3.eu-central-2.amazonaws.com", "CH"),
        ("eu-west-1.s3.us-east-1.amazonaws.com", "US"),
        ("db.abc.us-east-1.rds.amazonaws.com", "US"),
        ("cache.abc.0001.use1.cache.amazonaws.com", "US"),
        ("ip-10-0-0-1.ec2.internal", "US"),
        ("s3.cn-north-1.amazonaws.com.cn", "CN"),
        ("api.twilio.com", "US"),
        ("api.us1.twilio.com", "US"),
        ("api.ie1.twilio.com", "US"),
        ("api.de1.twilio.com", "US"),
        ("api.dublin.us1.twilio.com", "US"),
        ("api.sydney.au1.twilio.com", "AU"),
        # Kept in Ireland, but it enters in Virginia.
        ("api.ashburn.ie1.twilio.com", "US"),
    ],
)
def test_a_name_that_tells_a_place_outside_the_eea(host: str, country: str) -> None:
    assert country in place_of(spelled(host)).countries
    assert country not in EEA


@pytest.mark.parametrize(
    "text", ["", ".", "a b", "u@h", "h/x", "h?x", "h#x", "a:b", "[::1]:5", "h\\x"]
)
def test_what_is_no_host_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(UnreadableHostError) as caught:
        spelled(text)

    assert len(text) < 3 or text not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://u:p@Proxy.Example.com:3128/", "proxy.example.com"),
        ("proxy.example.com:3128", "proxy.example.com"),
        ("socks5://[2001:DB8::1]:1080", "2001:db8::1"),
    ],
)
def test_the_host_of_a_url_with_or_without_a_scheme(url: str, host: str) -> None:
    assert host_of(url) == host


@pytest.mark.parametrize(
    ("text", "regions"),
    [
        ("EEA", EEA),
        ("EU/EEA", EEA),
        ("eu", EU),
        ("EU,NO", EU | {"NO"}),
        (" se , no ", frozenset({"SE", "NO"})),
    ],
)
def test_allowed_regions_narrow_the_eea(text: str, regions: frozenset[str]) -> None:
    assert allowed_regions(text) == regions


@pytest.mark.parametrize("text", ["US", "EEA,CH", "GB", "Norway", ",", "SE NO"])
def test_allowed_regions_never_widen_it(text: str) -> None:
    with pytest.raises(ValueError, match=r"names (no country|'.*', which is no country)"):
        allowed_regions(text)


def test_the_eea_has_thirty_countries() -> None:
    assert (len(EU), len(EEA)) == (27, 30)
