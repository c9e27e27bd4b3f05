"""The key with which an application signs: made once, and kept beside its data."""

import os
import secrets
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

BITS = 2048
YEARS_DAYS = 3650
PRIVATE = 0o600
MAX_NAME = 64
"""Characters of a common name. Source: RFC 5280, appendix A.1."""


class KeyFileError(Exception):
    """The key's file cannot be read or made, or holds no key."""


class SigningKey:
    """An application's key.

    Attributes:
        name: the first 40 digits of the certificate's SHA-256.
        certificate: X.509 in PEM, signed by the key itself.
    """

    def __init__(self, private: rsa.RSAPrivateKey, certificate: x509.Certificate) -> None:
        """Takes the key with its certificate."""
        self._private = private
        self.name = certificate.fingerprint(hashes.SHA256()).hex()[:40]
        self.certificate = certificate.public_bytes(serialization.Encoding.PEM).decode()

    def sign(self, data: bytes) -> bytes:
        """Returns the signature of bytes: PKCS #1 1.5 with SHA-256."""
        return self._private.sign(data, padding.PKCS1v15(), hashes.SHA256())


def open_key(directory: Path, application: str) -> SigningKey:
    """Returns an application's key; the first process to ask makes it.

    Raises:
        KeyFileError: its file cannot be read or made, or holds no key.
    """
    path = directory / f"{application.replace(':', '_')}.identity.pem"
    try:
        if not path.exists():
            _create(path, application)
        data = path.read_bytes()
        private = serialization.load_pem_private_key(data, None)
        certificate = x509.load_pem_x509_certificate(data)
    except (OSError, ValueError) as error:
        raise KeyFileError(f"{path}: {error}") from error
    if not isinstance(private, rsa.RSAPrivateKey):
        raise KeyFileError(f"{path}: it holds no RSA key")
    return SigningKey(private, certificate)


def _create(path: Path, application: str) -> None:
    """Makes the file whole or not at all, and never over another process's."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    data = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ) + _make_certificate(private, application).public_bytes(serialization.Encoding.PEM)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE), "wb") as file:
        file.write(data)
    try:
        with suppress(FileExistsError):  # another process was first: its key stands
            os.link(draft, path)
    finally:
        draft.unlink()


def _make_certificate(private: rsa.RSAPrivateKey, application: str) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, application[:MAX_NAME])])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=YEARS_DAYS))
        .sign(private, hashes.SHA256())
    )
