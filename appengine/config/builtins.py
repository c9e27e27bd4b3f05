"""The builtins of app.yaml: handlers that a name stands for.

Source: App Engine, "app.yaml", `builtins`.
"""

from msgspec import Struct

from appengine.config.handlers import Login, ScriptHandler


class Builtin(Struct, frozen=True, kw_only=True):
    """What one name stands for.

    Attributes:
        handlers: the scripts that it adds: the url, the script, who may have it.
        is_tail: they stand behind all other handlers.
        absent: why it is not offered; "" where it is.
    """

    handlers: tuple[tuple[str, str, Login], ...] = ()
    is_tail: bool = False
    absent: str = ""

    def make(self, *, source: str, line: int, field: str) -> tuple[ScriptHandler, ...]:
        """Returns its handlers, whose place is that of the name in app.yaml."""
        return tuple(
            ScriptHandler(
                url=url, script=script, login=login, source=source, line=line, field=field
            )
            for url, script, login in self.handlers
        )


BUILTINS: dict[str, Builtin] = {
    "default": Builtin(),
    "admin_redirect": Builtin(),  # the front leads /_ah/admin to the Admin Console in any case
    "django_wsgi": Builtin(
        handlers=(("/.*", "google.appengine.ext.django.main.app", "optional"),), is_tail=True
    ),
    "appstats": Builtin(absent="each request's calls are in the Admin Console"),
    "datastore_admin": Builtin(absent="it is not offered"),
    "deferred": Builtin(absent="it is not offered"),
    "mapreduce": Builtin(absent="it is not offered"),
    "remote_api": Builtin(absent="it is not offered"),
}
"""By name."""
