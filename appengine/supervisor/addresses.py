"""Where the server answers: as lines, as the status file, as a command's environment."""

import os
from contextlib import suppress
from pathlib import Path

import msgspec


class ApplicationAddress(msgspec.Struct, frozen=True, kw_only=True):
    """One module's address."""

    application: str
    module: str
    version: str
    url: str

    @property
    def label(self) -> str:
        """The module's name for people."""
        return self.application if self.module == "default" else f"{self.application} {self.module}"


class Addresses(msgspec.Struct, frozen=True, kw_only=True):
    """All addresses of a run; its fields are the content of the status file."""

    pid: int
    admin: str
    applications: list[ApplicationAddress]

    def lines(self) -> list[str]:
        """Returns one line for each address."""
        served = [f"{each.label}: {each.url}" for each in self.applications]
        return [*served, f"Admin Console: {self.admin}"]

    def environ(self) -> dict[str, str]:
        """Returns the variables that a command is given: `APPENGINE_URL` is the first module's."""
        found = {"APPENGINE_ADMIN_URL": self.admin, "APPENGINE_URL": self.applications[0].url}
        for each in self.applications:
            name = f"{each.application}_{each.module}".upper()
            found["APPENGINE_URL_" + "".join(c if c.isalnum() else "_" for c in name)] = each.url
        return found

    def write(self, path: Path) -> None:
        """Writes the status file in one step.

        Raises:
            OSError: its directory is not there, or may not be written.
        """
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            fresh.write_bytes(msgspec.json.format(msgspec.json.encode(self), indent=2) + b"\n")
            os.replace(fresh, path)
        except OSError:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)
            raise


def make_url(host: str, port: int) -> str:
    """Returns the URL of a port on a host, which may be an IPv6 address."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
