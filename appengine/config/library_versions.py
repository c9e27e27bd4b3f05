"""The libraries of the python27 runtime: names and versions that `libraries:` may state.

Source: App Engine, "app.yaml", `libraries`; the last SDK for Python 2.
"""

from appengine.config.errors import InvalidFieldError, shown, suggestion

LATEST = "latest"

VERSIONS: dict[str, tuple[str, ...]] = {
    "MySQLdb": ("1.2.4b4", "1.2.4", "1.2.5"),
    "PIL": ("1.1.7",),
    "PyAMF": ("0.6.1", "0.7.2"),
    "clearsilver": ("0.10.5",),
    "click": ("6.6",),
    "crcmod": ("1.7",),
    "django": ("1.2", "1.3", "1.4", "1.5", "1.9", "1.11"),
    "endpoints": ("1.0",),
    "enum": ("0.9.23",),
    "flask": ("0.12",),
    "futures": ("3.0.5",),
    "grpcio": ("1.0.0",),
    "itsdangerous": ("0.24",),
    "jinja2": ("2.6",),
    "lxml": ("2.3", "2.3.5", "3.7.3"),
    "markupsafe": ("0.15", "0.23"),
    "matplotlib": ("1.2.0",),
    "mysqlclient": ("1.4.4",),
    "numpy": ("1.6.1",),
    "protobuf": ("3.0.0",),
    "protorpc": ("1.0",),
    "psycopg2": ("2.8.3",),
    "pycrypto": ("2.3", "2.6"),
    "pytz": ("2016.4", "2017.2", "2017.3"),
    "setuptools": ("0.6c11", "36.6.0"),
    "six": ("1.9.0", "1.12.0"),
    "ssl": ("2.7", "2.7.11", "2.7.16"),
    "ujson": ("1.35",),
    "webapp2": ("2.3", "2.5.1", "2.5.2"),
    "webob": ("1.1.1", "1.2.3"),
    "werkzeug": ("0.11.10",),
    "yaml": ("3.05", "3.10"),
}


def check_library(name: str, version: str) -> None:
    """Checks one entry of `libraries:`.

    Raises:
        InvalidFieldError: App Engine had no such library, or not in this version.
    """
    if name not in VERSIONS:
        text = f"there is no library {shown(name)}{suggestion(name, VERSIONS)}"
        raise InvalidFieldError("name", text)
    if version not in (LATEST, *VERSIONS[name]):
        known = ", ".join(map(repr, (*VERSIONS[name], LATEST)))
        raise InvalidFieldError("version", f"{shown(version)}; {name} has {known}")
