"""Which files an instance sees: its own, the standard library, and the inside of the SDK.

What is outside is not hidden by a rule that could fail: it is not there. The SDK's inside files
are copied once into a directory of their own, which every instance has in the package's place.
"""

import os
import shutil
import sys
import sysconfig
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import appengine
from appengine.sandbox.cage.plan import Mount

OUTSIDE_PIECES = frozenset(
    {"cli", "config", "console", "front", "runner", "storage", "supervisor", "testbed"}
)
"""Folders of the package that are outside, whole."""

OUTSIDE_FILES = frozenset(
    {
        "admin",
        "callers",
        "config",
        "endpoints",
        "server",
        "tables",
        "templates",
        "worker",
        "control",
        "internal",
        "records",
    }
)
"""Files and folders of a room, and of `rpc`, that are outside."""

PACKAGES = ("msgspec", "jinja2", "markupsafe", "tzdata", "webob", "cgi")
"""What the inside of the SDK stands on; the rest of the platform's libraries is not visible.

WebOb imports `cgi`, which is a file of a library of its own where Python has it no longer.
"""

SYSTEM = (
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/share/zoneinfo",
    "/etc/localtime",
    "/etc/ld.so.cache",
    "/dev/null",
    "/dev/zero",
    "/dev/urandom",
)
"""Shared libraries, time zones, and the three devices that programs expect."""

APPLICATION = "/app"
"""Where the application's own files are."""

LIBRARIES = "/libraries"
"""Where the libraries are that its requirements.txt names."""


def is_outside(relative: Path) -> bool:
    """Tells whether a path below the package is invisible: `mail/server.py`, `front/app.py`."""
    piece, *rest = relative.with_suffix("").parts
    if piece in OUTSIDE_PIECES or "__pycache__" in relative.parts:
        return True
    return piece != "sandbox" and bool(rest) and rest[0] in OUTSIDE_FILES


class View:
    """The directories made for instances: one for every zygote of a server."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._package = Path(appengine.__path__[0])
        self._sites = dict(_sites(self._package))

    def build(self) -> None:
        """Copies the inside of the SDK, and makes the mount points of the libraries."""

        def ignore(folder: str, names: list[str]) -> list[str]:
            here = Path(folder).relative_to(self._package)
            return [name for name in names if is_outside(here / name)]

        shutil.copytree(self._package, self._sdk, ignore=ignore)
        for number, (_, packages) in enumerate(self._sites.items()):
            self._skeleton(number).mkdir()
            for package in packages:
                place = self._skeleton(number).joinpath(package.name)
                place.mkdir(exist_ok=True) if package.is_dir() else place.touch()
        self._nest()

    def _nest(self) -> None:
        """Makes the mount points of libraries inside of another's directory.

        A checkout that holds its own virtual environment is such a directory, and it is read-only
        when the libraries are mounted.
        """
        library = Path(sysconfig.get_path("stdlib"))
        for number, outer in enumerate(self._sites):
            for inner in (library, *self._sites):
                if inner != outer and inner.is_relative_to(outer):
                    self._skeleton(number).joinpath(inner.relative_to(outer)).mkdir(
                        parents=True, exist_ok=True
                    )

    @property
    def _sdk(self) -> Path:
        return self._directory / "appengine"

    def _skeleton(self, number: int) -> Path:
        return self._directory / f"site-{number}"

    def mounts(self, application: str, isolated: bool, libraries: str = "") -> list[Mount]:
        """Returns what a zygote mounts, in order; `isolated`: it has a root of its own."""
        return [*self.shared_mounts(isolated), *own_mounts(application, isolated, libraries)]

    def shared_mounts(self, isolated: bool) -> list[Mount]:
        """Returns what every zygote mounts, in order."""
        library = sysconfig.get_path("stdlib")
        mounts = [Mount(path, path) for path in SYSTEM if os.path.exists(path)]
        mounts.append(Mount(library, library))
        for number, (site, packages) in enumerate(self._sites.items()):
            if isolated:  # over the directory that may hold the platform's other libraries
                mounts.append(Mount(str(self._skeleton(number)), str(site)))
            for package in packages:
                inside = package == self._package and isolated
                mounts.append(Mount(str(self._sdk if inside else package), str(package)))
        # What lies inside of something else is mounted after it; before, it would be hidden.
        return sorted(mounts, key=lambda mount: len(Path(mount.inside).parts))


def own_mounts(application: str, isolated: bool, libraries: str = "") -> list[Mount]:
    """Returns what one version's zygote mounts beside the rest: nothing of that lies inside."""
    mounts = [Mount(application, APPLICATION if isolated else application)]
    if libraries:
        mounts.append(Mount(libraries, LIBRARIES if isolated else libraries))
    return mounts


def _sites(package: Path) -> Iterator[tuple[Path, list[Path]]]:
    """Yields each directory of libraries with what of it is visible."""
    found = [package, *(Path(place) for name in PACKAGES for place in _places(name))]
    library = Path(sysconfig.get_path("stdlib"))
    for site in dict.fromkeys([library / "site-packages", *(path.parent for path in found)]):
        if site.is_dir():
            yield site, [path for path in found if path.parent == site]


def _places(name: str) -> list[str]:
    """Returns a library's directory or file; none of what is absent or Python's own."""
    spec = find_spec(name)
    if spec is None or name in sys.stdlib_module_names:
        return []
    return list(spec.submodule_search_locations or [str(spec.origin)])
