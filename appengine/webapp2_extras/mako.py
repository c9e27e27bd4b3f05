"""Pages by Mako, where the application's requirements.txt names it.

Source: webapp2, "Mako".
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import ClassVar

from appengine.webapp2.application import WSGIApplication
from appengine.webapp2.properties import cached_property
from appengine.webapp2_extras import registry

__all__ = ["Mako", "default_config", "get_mako", "set_mako"]

KEY = "webapp2_extras.mako.Mako"

default_config: dict[str, object] = {"template_path": "templates"}
"""What an application may set under `"webapp2_extras.mako"`; further names are Mako's own."""


class Mako:
    """The templates of one application."""

    config_key: ClassVar[str] = "webapp2_extras.mako"
    config: dict[str, object]

    def __init__(self, app: WSGIApplication, config: Mapping[str, object] | None = None) -> None:
        self.config = app.config.load_config(self.config_key, default_config, config)

    @cached_property
    def environment(self) -> object:
        """Mako's `TemplateLookup`. Values are escaped unless `default_filters` says otherwise."""
        arguments = dict(self.config)
        path = arguments.pop("template_path")
        directories = list(path) if isinstance(path, list | tuple) else [path]
        arguments.setdefault("default_filters", ["h"])
        return import_module("mako.lookup").TemplateLookup(directories=directories, **arguments)

    def render_template(self, _filename: str, **context: object) -> str:
        """Returns a template's text with the values in their places."""
        template = self.environment.get_template(_filename)  # type: ignore[attr-defined]  # Mako's
        return str(template.render_unicode(**context))


def get_mako(
    factory: Callable[[WSGIApplication], Mako] = Mako,
    key: str = KEY,
    app: WSGIApplication | None = None,
) -> Mako:
    """Returns the templates of an application, by default of the current one; made once."""
    return registry.of_app(factory, key, app)


def set_mako(mako: Mako, key: str = KEY, app: WSGIApplication | None = None) -> None:
    """Sets the templates of an application, by default of the current one."""
    registry.set_of_app(key, mako, app)
