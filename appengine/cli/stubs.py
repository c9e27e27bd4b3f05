"""Writes the stub package of `google.appengine`: for type checkers and editors, who run nothing.

At run time a finder makes `google.appengine.ext.db` the module `appengine.datastore.db`; a stub
file says the same in words that a type checker reads. The package is written when the platform is
installed, from the finder's own table, so it has what the finder has.

The package is partial: `google` stays open for the distributions of others and their stubs.
A second file has the finder installed when Python starts, so that an application's tests may name
`google.appengine` before they name `appengine`.

Source: PEP 561, "Stub-only Packages" and "Partial Stub Packages".
"""

from pathlib import Path

from appengine.aliases import FUNCTIONS, find_aliases, find_packages

PACKAGE = "google-stubs"
"""The folder's name beside the installed packages; PEP 561 knows it by its ending."""

PATH_FILE = "appengine-names.pth"
"""A line of it that begins with `import` is run when Python starts. Source: Python, `site`."""


def write_stubs(site: Path) -> list[Path]:
    """Writes the stub package into a folder of packages; returns its files."""
    texts = {module: f"from {real} import *\n" for module, real in find_aliases().items()}
    texts |= {package: texts.get(package, "") for package in find_packages()}
    for (package, name), module in FUNCTIONS.items():
        texts[package] += f"from {module} import {name} as {name}\n"
    texts["google"] = ""  # for those who import it by that name alone
    written = [site / PACKAGE / "py.typed", site / PATH_FILE]
    (site / PACKAGE).mkdir(parents=True, exist_ok=True)
    written[0].write_text("partial\n", encoding="utf-8")
    written[1].write_text("import appengine\n", encoding="utf-8")
    for module, text in sorted(texts.items()):
        path = _path(site, module, texts)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def _path(site: Path, module: str, texts: dict[str, str]) -> Path:
    """Returns the file of a module's stub: a package where there are modules below it."""
    below = module.split(".")[1:]
    folder = site.joinpath(PACKAGE, *below)
    is_package = any(other.startswith(f"{module}.") for other in texts)
    return folder / "__init__.pyi" if is_package else folder.with_suffix(".pyi")
