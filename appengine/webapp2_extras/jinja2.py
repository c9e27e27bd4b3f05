"""Pages by Jinja2: an environment for each application, made of its configuration.

Source: webapp2, "Jinja2".
"""

from collections.abc import Callable, Mapping
from typing import ClassVar

import jinja2

from appengine.webapp2.application import WSGIApplication
from appengine.webapp2.properties import cached_property
from appengine.webapp2_extras import registry

__all__ = ["Jinja2", "default_config", "get_jinja2", "set_jinja2"]

KEY = "webapp2_extras.jinja2.Jinja2"

BUILT_IN = frozenset({"jinja2.ext.autoescape", "jinja2.ext.with_"})
"""Extensions of Jinja 2 that its language has had since version 2.9; their names are gone."""

TRANSLATION = frozenset({"jinja2.ext.i18n", "jinja2.ext.InternationalizationExtension"})

default_config: dict[str, object] = {
    "template_path": "templates",
    "compiled_path": None,
    "force_compiled": False,
    "environment_args": {"autoescape": True},
    "globals": None,
    "filters": None,
}
"""What an application may set under `"webapp2_extras.jinja2"`.

`template_path` is one folder or several, `compiled_path` one of templates that were compiled; it is
used without `debug`, or with `force_compiled`.
"""


class Jinja2:
    """The templates of one application."""

    config_key: ClassVar[str] = "webapp2_extras.jinja2"
    config: dict[str, object]

    def __init__(self, app: WSGIApplication, config: Mapping[str, object] | None = None) -> None:
        self.app = app
        self.config = app.config.load_config(self.config_key, default_config, config)

    @cached_property
    def environment(self) -> jinja2.Environment:
        """Jinja's environment; it may be changed before the first template is rendered."""
        arguments = _mapping(self.config["environment_args"])
        extensions = [name for name in _list(arguments.get("extensions")) if name not in BUILT_IN]
        arguments |= {"extensions": extensions}
        arguments.setdefault("loader", self._loader())
        environment = jinja2.Environment(**arguments)  # type: ignore[arg-type]  # noqa: S701  # autoescape is the application's to say
        environment.globals.update(_mapping(self.config["globals"]))
        environment.filters.update(_mapping(self.config["filters"]))
        if TRANSLATION & set(extensions):
            _install_translation(environment)
        return environment

    def _loader(self) -> jinja2.BaseLoader:
        compiled = self.config["compiled_path"]
        if compiled and (self.config["force_compiled"] or not self.app.debug):
            return jinja2.ModuleLoader(str(compiled))
        return jinja2.FileSystemLoader([str(path) for path in _list(self.config["template_path"])])

    def render_template(self, _filename: str, **context: object) -> str:
        """Returns a template's text with the values in their places.

        Raises:
            TemplateNotFound: no folder of `template_path` has it.
        """
        return self.environment.get_template(_filename).render(**context)

    def get_template_attribute(self, filename: str, attribute: str) -> object:
        """Returns a variable or macro of a template, as a callable that renders it."""
        value: object = getattr(self.environment.get_template(filename).module, attribute)
        return value


def get_jinja2(
    factory: Callable[[WSGIApplication], Jinja2] = Jinja2,
    key: str = KEY,
    app: WSGIApplication | None = None,
) -> Jinja2:
    """Returns the templates of an application, by default of the current one; made once."""
    return registry.of_app(factory, key, app)


def set_jinja2(jinja2: Jinja2, key: str = KEY, app: WSGIApplication | None = None) -> None:
    """Sets the templates of an application, by default of the current one."""
    registry.set_of_app(key, jinja2, app)


def _install_translation(environment: jinja2.Environment) -> None:
    from appengine.webapp2_extras import i18n  # noqa: PLC0415  # it needs Babel

    install: Callable[..., None] = environment.install_gettext_callables  # type: ignore[attr-defined]  # the extension's
    install(i18n.gettext, i18n.ngettext, newstyle=True)
    names = ("date", "time", "datetime", "timedelta")
    environment.filters.update({f"format{n}": getattr(i18n, f"format_{n}") for n in names})


def _mapping(value: object) -> dict[str, object]:
    return dict(value) if isinstance(value, Mapping) else {}


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else [value] if value else []
