"""Options that name what is not there, or that lack another, are told before anything starts."""

import shutil
import socket

import pytest
import trustme

from appengine.cli import dev_appserver
from appengine.cli.outside import check_outside
from appengine.config.errors import ConfigurationError
from appengine.config.settings import Settings

APP = "runtime: python\napi_version: 1\nhandlers: [{url: /, script: main.py}]\n"


def test_certificates_that_are_not_there_end_the_start_with_status_2(tmp_path, capsys):
    (tmp_path / "main.py").touch()
    (tmp_path / "app.yaml").write_text(APP)
    gone = tmp_path / "gone.pem"
    assert dev_appserver.main([f"--urlfetch_ca_file={gone}", str(tmp_path)]) == 2
    error = f"--urlfetch_ca_file: {gone}: cannot be read: No such file or directory\n"
    assert capsys.readouterr() == ("", error)


def test_certificates_are_read(tmp_path):
    file = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(file)
    check_outside(Settings(urlfetch_ca_file=str(file)))
    file.write_text("no certificate")
    with pytest.raises(ConfigurationError, match=r"ca\.pem: no certificate in PEM form in it"):
        check_outside(Settings(urlfetch_ca_file=str(file)))


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"smtp_user": "ann"}, "--smtp_user: nobody to sign in to; --smtp_host is missing"),
        ({"smtp_host": "a.example", "smtp_password": "x"}, "--smtp_user is missing"),
        ({"smtp_password": "x"}, "--smtp_user is missing"),
    ],
)
def test_who_signs_in_needs_a_server_and_a_password_a_name(settings, error):
    check_outside(Settings(smtp_host="a.example", smtp_user="ann", smtp_password="x"))
    with pytest.raises(ConfigurationError, match=error):
        check_outside(Settings(**settings))


def test_sendmail_is_there_where_messages_go_out_by_it(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(ConfigurationError, match="no sendmail in PATH"):
        check_outside(Settings(enable_sendmail=True))
    check_outside(Settings(enable_sendmail=True, smtp_host="a.example"))
    monkeypatch.setattr(shutil, "which", lambda name: f"/bin/{name}")
    check_outside(Settings(enable_sendmail=True))


def test_mail_is_taken_where_nobody_else_listens():
    check_outside(Settings(smtp_listen="127.0.0.1:0"))
    with socket.create_server(("127.0.0.1", 0)) as other:
        endpoint = f"127.0.0.1:{other.getsockname()[1]}"
        with pytest.raises(ConfigurationError, match=f"--smtp_listen: {endpoint}: cannot be"):
            check_outside(Settings(smtp_listen=endpoint))
    with pytest.raises(ConfigurationError, match="cannot be listened on"):
        check_outside(Settings(smtp_listen="nowhere.invalid:2525"))
