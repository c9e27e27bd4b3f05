"""The page of an application's identity in the Admin Console."""

import pytest

from appengine.app_identity.admin import show_identity
from appengine.rpc.admin import Visit
from tests.rpc.one_process import OneProcess


@pytest.fixture
def show(tmp_path):
    made = OneProcess(tmp_path)

    def visit(**arguments):
        return show_identity(
            Visit(
                application="trial",
                arguments=arguments,
                sends_form=False,
                resources=made.resources,
            )
        )

    yield visit
    made.close()


def test_it_shows_names_and_the_certificate(show):
    values = show().values
    assert values["account"] == "trial@appspot.gserviceaccount.com"
    assert values["bucket"] == "app_default_bucket"
    assert values["certificate"].startswith("-----BEGIN CERTIFICATE-----")
    assert len(values["key_name"]) == 40


def test_the_certificate_is_a_file_without_the_key(show):
    download = show(below="certificate.pem").download
    assert download.name == "trial.pem"
    assert b"BEGIN CERTIFICATE" in download.content and b"PRIVATE" not in download.content


def test_a_key_that_cannot_be_read_is_told(show, tmp_path):
    (tmp_path / "trial.identity.pem").write_text("no key")
    values = show(below="certificate.pem").values
    assert "cannot be read" in values["message"] and not values["certificate"]
