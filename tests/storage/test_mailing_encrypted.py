"""Mail goes encrypted to a server whose certificate is trusted, and to no other."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from storage.mailing import MailServerAway, send_to_staff
from tests.post import Post, listening

HOST = "127.0.0.1"


def make_certificate(folder: Path, *, address: str = HOST) -> tuple[Path, ssl.SSLContext]:
    """A self-signed certificate for the address, and what its server needs; it lasts an hour."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a mail server of the tests")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "certificate.pem", folder / "key.pem"
    public.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return public, context


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[Post, Path]]:
    """A mail server that insists on STARTTLS, and the certificate it shows."""
    public, context = make_certificate(tmp_path)
    with listening(HOST, tls=context) as post:
        yield post, public


def mail() -> EmailMessage:
    written = EmailMessage()
    written["From"], written["To"], written["Subject"] = "a@example.org", "b@example.org", "Hej"
    written.set_content("Hej")
    return written


def test_a_server_whose_certificate_is_trusted_gets_the_mail_encrypted(
    server: tuple[Post, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    post, certificate = server
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    send_to_staff(mail(), url=post.url)

    # It refuses every mail that comes before STARTTLS.
    assert [taken["Subject"] for taken in post.taken] == ["Hej"]


def test_a_server_whose_certificate_nobody_vouches_for_gets_nothing(
    server: tuple[Post, Path],
) -> None:
    post, _ = server

    with pytest.raises(MailServerAway) as refused:
        send_to_staff(mail(), url=post.url)

    assert refused.value.code == "SSLCertVerificationError"
    assert post.taken == []


def test_a_certificate_of_another_machine_is_not_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, context = make_certificate(tmp_path, address="127.0.0.9")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    with listening(HOST, tls=context) as post, pytest.raises(MailServerAway) as refused:
        send_to_staff(mail(), url=post.url)

    assert refused.value.code == "SSLCertVerificationError"
    assert post.taken == []
