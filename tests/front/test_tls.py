"""The certificate of HTTPS: what it is made of, and what is told of a wrong one."""

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from appengine.config.errors import ConfigurationError
from appengine.front.tls import load_certificate


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificate")
    authority = trustme.CA()
    for name in ("own", "other"):
        issued = authority.issue_cert("localhost")
        issued.cert_chain_pems[0].write_to_path(folder / f"{name}.pem")
        issued.private_key_pem.write_to_path(folder / f"{name}.key")
    key = serialization.load_pem_private_key((folder / "own.key").read_bytes(), None)
    locked = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"word"),
    )
    (folder / "locked.key").write_bytes(locked)
    (folder / "junk").write_text("junk")
    return folder


def test_both_files_are_named_or_none(folder):
    own = load_certificate(str(folder / "own.pem"), str(folder / "own.key"))
    assert own is not None and own.cert_store_stats()["x509"] == 0
    assert load_certificate(None, None) is None
    with pytest.raises(ConfigurationError, match=r"--ssl_certificate_path: it needs .*_key_path"):
        load_certificate("x", None)
    with pytest.raises(ConfigurationError, match=r"--ssl_certificate_key_path: it needs .*_path"):
        load_certificate(None, "x")


@pytest.mark.parametrize(
    ("certificate", "key", "text"),
    [
        ("own.pem", "other.key", "the key is another certificate's"),
        ("own.pem", "junk", "no PEM files"),
        ("junk", "own.key", "no PEM files"),
        ("own.pem", "gone", "gone': No such file or directory"),
        ("", "own.key", "Is a directory"),
    ],
)
def test_what_is_wrong_with_a_certificate_is_told(folder, certificate, key, text):
    with pytest.raises(ConfigurationError, match=text):
        load_certificate(str(folder / certificate), str(folder / key))


def test_a_key_with_a_password_is_told_and_nobody_is_asked_for_it(folder):
    with pytest.raises(ConfigurationError, match="the key has a password"):
        load_certificate(str(folder / "own.pem"), str(folder / "locked.key"))
