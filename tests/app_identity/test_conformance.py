"""What App Engine promises of an application's identity."""

import os
import stat

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from msgspec.structs import replace

from appengine import app_identity
from appengine.app_identity import client
from appengine.rpc.client import transport
from tests.rpc.one_process import OneProcess


@pytest.fixture
def process(tmp_path):
    made = OneProcess(tmp_path)
    token = transport.set(made)
    client._tokens.clear()
    yield made
    transport.reset(token)
    made.close()


@pytest.mark.parametrize(
    ("environ", "name"), [("dev~pets", "pets"), ("s~example.com:pets", "example.com:pets")]
)
def test_the_id_has_no_partition(monkeypatch, environ, name):
    """Source: `app_identity.get_application_id`."""
    monkeypatch.setenv("APPLICATION_ID", environ)
    assert app_identity.get_application_id() == name


def test_the_host_name_is_the_default_versions(monkeypatch):
    """Source: `app_identity.get_default_version_hostname`."""
    monkeypatch.setenv("DEFAULT_VERSION_HOSTNAME", "pets.example.com")
    assert app_identity.get_default_version_hostname() == "pets.example.com"


def test_a_signature_can_be_checked_with_the_certificate(process):
    """Source: `app_identity.sign_blob`, `app_identity.get_public_certificates`."""
    name, signature = app_identity.sign_blob(b"letter")
    (certificate,) = app_identity.get_public_certificates()
    assert certificate.key_name == name
    key = x509.load_pem_x509_certificate(certificate.x509_certificate_pem.encode()).public_key()
    key.verify(signature, b"letter", padding.PKCS1v15(), hashes.SHA256())
    with pytest.raises(InvalidSignature):
        key.verify(signature, b"forged", padding.PKCS1v15(), hashes.SHA256())


def test_a_key_stays_and_is_its_applications_alone(process, tmp_path):
    name, signature = app_identity.sign_blob("text")
    process.resources.kept.clear()  # as in another process
    assert app_identity.sign_blob(b"text") == (name, signature)
    process.caller = replace(process.caller, application="other")
    assert app_identity.sign_blob("text")[0] != name
    path = tmp_path / "trial.identity.pem"
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert not list(tmp_path.glob("*.pem.*"))


def test_a_key_that_cannot_be_read_is_told(process, tmp_path):
    """Source: `app_identity.InternalError`."""
    (tmp_path / "trial.identity.pem").write_text("no key")
    with pytest.raises(app_identity.InternalError, match=r"trial\.identity\.pem"):
        app_identity.sign_blob(b"letter")


def test_8192_bytes_can_be_signed_and_not_one_more(process):
    """Source: App Engine, "Application Identity", limits: sign blob 8 KB."""
    assert app_identity.sign_blob(b"x" * 8192)
    with pytest.raises(app_identity.BlobSizeTooLarge, match="8193"):
        app_identity.sign_blob(b"x" * 8193)
    with pytest.raises(TypeError, match="must be str or bytes"):
        app_identity.sign_blob(7)


def test_the_service_account_and_the_bucket_have_names(process):
    """Source: `app_identity.get_service_account_name`, `get_default_gcs_bucket_name`."""
    assert app_identity.get_service_account_name() == "trial@appspot.gserviceaccount.com"
    assert app_identity.get_default_gcs_bucket_name() == "app_default_bucket"


def test_a_token_is_kept_until_five_minutes_before_its_end(process, monkeypatch):
    """Source: `app_identity.get_access_token`."""
    token, expires = app_identity.get_access_token("https://example.com/auth")
    assert "trial" in token
    assert app_identity.get_access_token(["https://example.com/auth"]) == (token, expires)
    assert app_identity.get_access_token("other")[0] != token
    process.clock.advance(10)
    assert app_identity.get_access_token_uncached("https://example.com/auth")[0] != token
    monkeypatch.setattr(client.time, "time", lambda: expires - 299)
    assert app_identity.get_access_token("https://example.com/auth")[0] != token


@pytest.mark.parametrize("scopes", ["", [], [""], [7], ["with blank"]], ids=str)
def test_a_token_is_for_scopes(process, scopes):
    """Source: `app_identity.get_access_token`: InvalidScope."""
    with pytest.raises(app_identity.InvalidScope):
        app_identity.get_access_token_uncached(scopes)


@pytest.mark.parametrize(
    "make",
    [
        lambda rpc: app_identity.make_sign_blob_call(rpc, b"x"),
        app_identity.make_get_public_certificates_call,
        app_identity.make_get_service_account_name_call,
        app_identity.make_get_default_gcs_bucket_name_call,
        lambda rpc: app_identity.make_get_access_token_call(rpc, "scope"),
    ],
)
def test_every_call_can_be_made_without_waiting(process, make):
    """Source: `app_identity.create_rpc` and the functions `make_..._call`."""
    called = []
    rpc = app_identity.create_rpc(callback=lambda: called.append(1))
    make(rpc)
    assert rpc.get_result() and called == [1]


def test_every_error_is_one_of_identity():
    """Source: `google.appengine.api.app_identity`, exceptions."""
    for name in ("BackendDeadlineExceeded", "NotAllowed", "OperationNotImplemented"):
        assert issubclass(getattr(app_identity, name), app_identity.Error)


def test_a_token_is_for_the_applications_own_account(process):
    """Source: `app_identity.get_access_token`, `service_account_id`; NotAllowed."""
    own = app_identity.get_service_account_name()
    assert app_identity.get_access_token_uncached("scope", service_account_id=own)[0]
    with pytest.raises(app_identity.NotAllowed, match=r"'other@example\.com' is not"):
        app_identity.get_access_token("scope", "other@example.com")


def test_what_is_not_answered_in_time_is_an_error_of_identity(process):
    """Source: `google.appengine.api.app_identity`, BackendDeadlineExceeded."""
    process.caller = replace(process.caller, deadline=0.0)
    with pytest.raises(app_identity.BackendDeadlineExceeded, match="out of time"):
        app_identity.get_service_account_name()


def test_scopes_and_accounts_are_bounded(process):
    """A longer one would cost the instance its life."""
    assert app_identity.get_access_token_uncached(["s" * 500] * 100)[0]
    for scopes in (["s" * 501], ["s"] * 101):
        with pytest.raises(app_identity.InvalidScope, match="at most 100 scopes of 500"):
            app_identity.get_access_token(scopes)
    with pytest.raises(app_identity.NotAllowed):
        app_identity.get_access_token("s", "a" * 501)
