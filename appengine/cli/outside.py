"""Checks of what options name outside of the platform: files, programs, and what goes with what."""

import os
import shutil
import socket

from appengine.config.errors import ConfigurationError
from appengine.config.settings import Settings

SENDMAIL = "/usr/sbin/sendmail"


def check_outside(settings: Settings) -> None:
    """Refuses options that could not work as they are stated.

    Raises:
        ConfigurationError: a file cannot be read, a program is missing, or an option lacks another.
    """
    if settings.urlfetch_ca_file is not None:
        _check_certificates(settings.urlfetch_ca_file)
    if settings.smtp_host is None and settings.smtp_user is not None:
        raise ConfigurationError("--smtp_user: nobody to sign in to; --smtp_host is missing")
    if settings.smtp_user is None and settings.smtp_password is not None:
        raise ConfigurationError("--smtp_password: whose? --smtp_user is missing")
    if settings.enable_sendmail and settings.smtp_host is None and not find_sendmail():
        raise ConfigurationError(f"--enable_sendmail: no sendmail in PATH, nor {SENDMAIL}")
    if settings.smtp_listen is not None:
        _check_endpoint(settings.smtp_listen)


def find_sendmail() -> str | None:
    """Returns the path of this machine's sendmail, or None."""
    return shutil.which("sendmail") or shutil.which(SENDMAIL)


def _check_certificates(path: str) -> None:
    import ssl  # noqa: PLC0415  # three megabytes, for the few that name certificates

    try:
        ssl.create_default_context(cafile=path)
    except ssl.SSLError as error:
        text = f"{path}: no certificate in PEM form in it: {error.reason or error}"
        raise ConfigurationError(f"--urlfetch_ca_file: {text}") from error
    except OSError as error:
        text = f"{path}: cannot be read: {error.strerror}"
        raise ConfigurationError(f"--urlfetch_ca_file: {text}") from error


def _check_endpoint(endpoint: str) -> None:
    """Tries to listen there, as the loop of incoming mail will."""
    host, _, port = endpoint.rpartition(":")
    try:
        socket.create_server((host.strip("[]"), int(port)), family=_family(host)).close()
    except OSError as error:
        text = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        sentence = f"--smtp_listen: {endpoint}: cannot be listened on: {text}"
        raise ConfigurationError(sentence) from error


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
