"""Checks of what options name outside of the platform: files, programs, and what goes with what."""

import shutil

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
