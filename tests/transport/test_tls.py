"""The certificate that a server shows, and who takes it."""

import os
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificates

from seatkeeper.transport.tls import Tls, UnusableCertificate, trusting
from tests.certificates import Authority, Pair


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def shown_to(client: ssl.SSLContext, server: ssl.SSLContext, name: str | None = None) -> bytes | None:
    """The certificate that a client gets to see in a handshake in memory."""
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = client.wrap_bio(to_client, to_server, server_hostname=name)
    answering = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for each in (asking, answering):
            try:
                each.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return asking.getpeercert(binary_form=True)


def taking_any() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def in_binary(pair: Pair) -> bytes:
    own, *_chain = load_pem_x509_certificates(pair.certificate.read_bytes())
    return own.public_bytes(Encoding.DER)


def test_a_certificate_is_shown_with_its_chain(authority: Authority) -> None:
    pair = authority.issue("licenses.example")
    client = ssl.create_default_context(cafile=str(authority.certificate))
    assert shown_to(client, Tls(*pair).context, "licenses.example") == in_binary(pair)


def test_certificate_and_key_may_stand_in_one_file(authority: Authority) -> None:
    pair = authority.issue("licenses.example")
    pair.certificate.write_bytes(pair.key.read_bytes() + pair.certificate.read_bytes())
    pair.key.unlink()
    tls = Tls(pair.certificate, None)
    assert shown_to(trusting(tls.certificate), tls.context) == in_binary(pair)


@pytest.mark.parametrize("name", [None, "licenses.example", "other.example"])
def test_a_certificate_loaded_again_is_shown_to_the_next_client(authority: Authority, name: str | None) -> None:
    tls = Tls(*authority.issue("licenses.example"))
    former = tls.certificate
    pair = authority.issue("licenses.example")
    assert shown_to(taking_any(), tls.context, name) != in_binary(pair), "not before it is asked for"
    tls.reload()
    assert shown_to(taking_any(), tls.context, name) == in_binary(pair)
    assert tls.certificate != former


def test_a_pair_that_cannot_be_used_leaves_the_former_in_place(authority: Authority) -> None:
    pair = authority.issue("licenses.example")
    tls = Tls(*pair)
    former, shown = tls.certificate, in_binary(pair)
    key = pair.key.read_bytes()
    authority.issue("licenses.example")
    pair.key.write_bytes(key)
    with pytest.raises(UnusableCertificate):
        tls.reload()
    assert tls.certificate == former
    assert shown_to(taking_any(), tls.context) == shown


@pytest.mark.parametrize("old", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_versions_of_tls_before_1_2_are_refused(authority: Authority, old: ssl.TLSVersion) -> None:
    client = taking_any()
    client.set_ciphers("DEFAULT:@SECLEVEL=0")
    client.minimum_version = client.maximum_version = old
    with pytest.raises(ssl.SSLError, match=r"UNSUPPORTED_PROTOCOL|VERSION"):
        shown_to(client, Tls(*authority.issue("licenses.example")).context)


def test_who_trusts_one_certificate_takes_no_other_of_the_same_authority(authority: Authority) -> None:
    tls = Tls(*authority.issue("licenses.example"))
    other = Tls(*authority.issue("licenses.example", file="other"))
    assert shown_to(trusting(tls.certificate), tls.context, "127.0.0.1")
    with pytest.raises(ssl.SSLCertVerificationError):
        shown_to(trusting(tls.certificate), other.context, "127.0.0.1")


def test_an_expired_certificate_is_still_known_to_be_the_servers(authority: Authority) -> None:
    tls = Tls(*authority.issue("licenses.example", expired=True))
    assert shown_to(trusting(tls.certificate), tls.context)


def _missing(pair: Pair) -> None:
    pair.certificate.unlink()


def _missing_key(pair: Pair) -> None:
    pair.key.unlink()


def _unreadable(pair: Pair) -> None:
    pair.key.unlink()
    pair.key.mkdir()


def _swapped(pair: Pair) -> None:
    certificate, key = pair.certificate.read_bytes(), pair.key.read_bytes()
    pair.certificate.write_bytes(key)
    pair.key.write_bytes(certificate)


def _no_key(pair: Pair) -> None:
    pair.key.write_bytes(pair.certificate.read_bytes())


def _spoilt(pair: Pair) -> None:
    pair.certificate.write_text("-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n")


def _binary(pair: Pair) -> None:
    pair.certificate.write_bytes(os.urandom(512))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_missing, "The certificate in {certificate} cannot be read: No such file or directory."),
        (_missing_key, "The private key in {key} cannot be read: No such file or directory."),
        (_unreadable, "The private key in {key} cannot be read: Is a directory."),
        (_swapped, "There is no certificate in {certificate}, or not in PEM."),
        (_no_key, "There is no private key in {key}, or not in PEM."),
        (_binary, "There is no certificate in {certificate}, or not in PEM."),
        (_spoilt, "The certificate in {certificate} and the key in {key} cannot be used: "),
    ],
)
def test_what_is_wrong_with_the_files_is_said_in_a_sentence(
    authority: Authority, spoil: Callable[[Pair], None], said: str
) -> None:
    pair = authority.issue("licenses.example")
    spoil(pair)
    with pytest.raises(UnusableCertificate) as caught:
        Tls(*pair)
    assert str(caught.value).startswith(said.format(**pair._asdict()))


def test_a_key_of_another_certificate_is_refused(authority: Authority) -> None:
    pair = Pair(authority.issue("licenses.example").certificate, authority.issue("licenses.example", file="other").key)
    with pytest.raises(UnusableCertificate) as caught:
        Tls(*pair)
    assert str(caught.value) == f"The key in {pair.key} does not belong to the certificate in {pair.certificate}."


def test_an_encrypted_key_is_refused_without_asking_for_its_password(authority: Authority) -> None:
    pair = authority.issue("licenses.example", password="secret")
    with pytest.raises(UnusableCertificate, match="is encrypted"):
        Tls(*pair)
