"""Writes the stub packages of `google.appengine` and `webapp2`: for those who read and run nothing.

At run time a finder makes `google.appengine.ext.db` the module `appengine.datastore.db`; a stub
file says the same in words that a type checker or an editor reads. The packages are written when
the platform is installed, from the finder's own tables, so they have what the finder has.

That of `google` is partial: it stays open for the distributions of others and their stubs.
A second file has the finder installed when Python starts, so that an application's tests may name
`google.appengine` before they name `appengine`.

Source: PEP 561, "Stub-only Packages" and "Partial Stub Packages".
"""

from pathlib import Path

import appengine
from appengine.aliases import FUNCTIONS, LIBRARIES, find_aliases, find_packages

PACKAGE = "{}-stubs"
"""The folder's name beside the installed packages; PEP 561 knows it by its ending."""

PATH_FILE = "appengine-names.pth"
"""A line of it that begins with `import` is run when Python starts. Source: Python, `site`."""


def write_stubs(site: Path) -> list[Path]:
    """Writes the stub packages into a folder of packages; returns their files."""
    texts = {module: f"from {real} import *\n" for module, real in find_aliases().items()}
    texts |= {package: texts.get(package, "") for package in find_packages()}
    for (package, name), module in FUNCTIONS.items():
        texts[package] += f"from {module} import {name} as {name}\n"
    texts["google"] = ""  # for those who import it by that name alone
    texts |= _frameworks()
    files = {_path(site, module, texts): text for module, text in sorted(texts.items())}
    files |= {
        site / PACKAGE.format(top) / "py.typed": "partial\n" for top in ("google", *LIBRARIES)
    }
    files[site / PATH_FILE] = "import appengine\n"
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(files)


def _frameworks() -> dict[str, str]:
    """Returns the texts of the frameworks that have names of their own, by module.

    `webapp2` is one module to applications, whatever files it has; `webapp2_extras` a package.
    """
    product = Path(appengine.__path__[0])
    texts = dict.fromkeys(LIBRARIES, "")
    for file in sorted((product / "webapp2_extras").rglob("*.py")):
        parts = [part for part in file.with_suffix("").relative_to(product).parts]
        module = ".".join(part for part in parts if part != "__init__")
        texts[module] = f"from appengine.{module} import *\n"
    return texts | {"webapp2": "from appengine.webapp2 import *\n"}


def _path(site: Path, module: str, texts: dict[str, str]) -> Path:
    """Returns the file of a module's stub: a package where there are modules below it."""
    top, *below = module.split(".")
    folder = site.joinpath(PACKAGE.format(top), *below)
    is_package = not below or any(other.startswith(f"{module}.") for other in texts)
    return folder / "__init__.pyi" if is_package else folder.with_suffix(".pyi")
