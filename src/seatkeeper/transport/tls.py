"""TLS: the certificate that the server shows, exchangeable while it serves."""

import ssl
from pathlib import Path
from typing import Final

_BEGIN: Final = "-----BEGIN CERTIFICATE-----"
_END: Final = "-----END CERTIFICATE-----"
_NO_CHECK_TIME: Final = 0x200000  # X509_V_FLAG_NO_CHECK_TIME of OpenSSL; ssl has no name for it


class UnusableCertificate(Exception):
    """The certificate or its key cannot be used. The text says which, and why."""


class Tls:
    """The server's side of TLS 1.2 and newer, with the certificate of one file and the key of another or the same.

    `context` is what listeners are given; it stays the same. `certificate` is what is shown now: the server's own
    certificate in PEM, without its chain. Raises UnusableCertificate, also when it is loaded again.
    """

    def __init__(self, certificate: Path, key: Path | None) -> None:
        self._files = certificate, key or certificate
        self.context = _context(*self._files)
        self.context.sni_callback = self._show_newest
        self._newest = self.context
        self.certificate = _first_certificate(certificate)

    def reload(self) -> None:
        """Read both files again: connections from now on see what stands there. What cannot be used changes nothing."""
        newest = _context(*self._files)
        self.certificate = _first_certificate(self._files[0])
        self._newest = newest

    def _show_newest(self, connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        # Called in every handshake, also of clients that name no host. The other way, to load a pair into the context
        # in use, would leave that without a key where the second file turns out to be wrong.
        connection.context = self._newest


def trusting(certificate: str) -> ssl.SSLContext:
    """A client's context that takes exactly this certificate, in PEM, whatever name and dates stand in it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | _NO_CHECK_TIME
    context.load_verify_locations(cadata=certificate)
    return context


def _context(certificate: Path, key: Path) -> ssl.SSLContext:
    _check_holds(certificate, _BEGIN, "certificate")
    _check_holds(key, "PRIVATE KEY-----", "private key")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])

    def no_password() -> str:
        raise UnusableCertificate(
            f"The key in {key} is encrypted; write it without a password, readable to the server."
        )

    try:
        context.load_cert_chain(certificate, key, no_password)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise UnusableCertificate(
                f"The key in {key} does not belong to the certificate in {certificate}."
            ) from None
        raise UnusableCertificate(
            f"The certificate in {certificate} and the key in {key} cannot be used: {error.reason or error}."
        ) from None
    return context


def _check_holds(file: Path, mark: str, what: str) -> None:
    if mark not in _read(file, what):
        raise UnusableCertificate(f"There is no {what} in {file}, or not in PEM.")


def _read(file: Path, what: str) -> str:
    try:
        return file.read_text(encoding="latin-1")
    except OSError as error:
        raise UnusableCertificate(f"The {what} in {file} cannot be read: {error.strerror or error}.") from None


def _first_certificate(file: Path) -> str:
    """The server's own certificate, which stands before those of its chain."""
    body = _read(file, "certificate").partition(_BEGIN)[2].partition(_END)[0]
    return f"{_BEGIN}{body}{_END}\n"
