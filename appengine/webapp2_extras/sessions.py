"""Sessions: a dictionary for each visitor, kept from request to request.

The cookie is signed. It holds the values themselves (`securecookie`), or an id by which they are
kept in the datastore or in memcache. A handler gets its session from the store of the request and
the store saves what has changed:

    class Handler(webapp2.RequestHandler):
        def dispatch(self):
            store = sessions.get_store(request=self.request)
            try:
                super().dispatch()
            finally:
                store.save_sessions(self.response)

Source: webapp2, "Sessions".
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any, ClassVar, Concatenate, ParamSpec, TypeVar

from appengine.webapp2.imports import import_string
from appengine.webapp2.properties import cached_property
from appengine.webapp2.request import Request
from appengine.webapp2.response import Response
from appengine.webapp2_extras import registry, security
from appengine.webapp2_extras.securecookie import SecureCookieSerializer

__all__ = [
    "BaseSessionFactory",
    "CustomBackendSessionFactory",
    "SecureCookieSessionFactory",
    "SessionDict",
    "SessionStore",
    "default_config",
    "get_store",
    "set_store",
]

P = ParamSpec("P")
Result = TypeVar("Result")

KEY = "webapp2_extras.sessions.SessionStore"
SESSION_ID = re.compile(r"\w{22}", re.ASCII)
SESSION_ID_BITS = 128

DEFAULT = -1
"""Stands for the configured age where None is an age of its own: for ever."""

default_config: dict[str, object] = {
    "secret_key": None,
    "cookie_name": "session",
    "session_max_age": None,
    "cookie_args": {
        "max_age": None,
        "domain": None,
        "path": "/",
        "secure": None,
        "httponly": None,
    },
    "backends": {
        "securecookie": "webapp2_extras.sessions.SecureCookieSessionFactory",
        "datastore": "webapp2_extras.appengine.sessions_ndb.DatastoreSessionFactory",
        "memcache": "webapp2_extras.appengine.sessions_memcache.MemcacheSessionFactory",
    },
}
"""What an application may set under `"webapp2_extras.sessions"`; `secret_key` it has to.

Ages are seconds; None is: until the browser is closed.
"""


def _updates(
    method: Callable[Concatenate["dict[str, Any]", P], Result],
) -> Callable[Concatenate["SessionDict", P], Result]:
    """Returns the method of a dictionary that says that the session has changed."""

    @wraps(method)
    def update(session: "SessionDict", /, *args: P.args, **kwargs: P.kwargs) -> Result:
        session.on_update()
        return method(session, *args, **kwargs)

    return update


class SessionDict(dict[str, Any]):
    """A session's values.

    Attributes:
        container: what saves them.
        new: whether the visitor came without a session.
        modified: whether they have changed, and will be saved; set it where a list among them has.
    """

    container: "BaseSessionFactory"
    new: bool
    modified: bool

    def __init__(
        self,
        container: "BaseSessionFactory",
        data: Mapping[str, object] | None = None,
        new: bool = False,
    ) -> None:
        super().__init__(data or {})
        self.container = container
        self.new = new
        self.modified = False

    __setitem__ = _updates(dict.__setitem__)
    __delitem__ = _updates(dict.__delitem__)
    clear = _updates(dict.clear)
    popitem = _updates(dict.popitem)
    setdefault = _updates(dict.setdefault)
    update = _updates(dict.update)  # type: ignore[assignment]  # as above

    def pop(self, key: str, *args: object) -> object:
        """Removes a value and returns it; changes nothing where it is absent."""
        if key in self:
            self.on_update()
        return super().pop(key, *args)

    def on_update(self) -> None:
        """Notes that the values have changed."""
        self.modified = True

    def get_flashes(self, key: str = "_flash") -> list[tuple[object, object]]:
        """Removes the messages for the next page and returns them with their levels."""
        flashes = self.pop(key, [])
        return [tuple(flash) for flash in flashes] if isinstance(flashes, list) else []

    def add_flash(self, value: object, level: object = None, key: str = "_flash") -> None:
        """Adds a message that the next page shows."""
        flashes = self.get(key)
        self[key] = [*(flashes if isinstance(flashes, list) else ()), (value, level)]


class BaseSessionFactory:
    """Makes and saves one session of a request: by its cookie's name.

    Attributes:
        session_args: arguments of the cookie: `max_age`, `domain`, `path`, `secure`, `httponly`.
    """

    name: str
    session_store: "SessionStore"
    session_args: dict[str, object]
    session: SessionDict | None = None

    def __init__(self, name: str, session_store: "SessionStore") -> None:
        self.name = name
        self.session_store = session_store
        self.session_args = dict(session_store.cookie_args)

    def get_session(self, max_age: int | None = DEFAULT) -> SessionDict:
        """Returns the session; `max_age`: seconds for which its cookie counts."""
        raise TypeError(f"{type(self).__name__} gets no session")

    def save_session(self, response: Response) -> None:
        """Saves the session where it has changed, and its cookie in the response."""
        raise TypeError(f"{type(self).__name__} saves no session")


class SecureCookieSessionFactory(BaseSessionFactory):
    """Keeps sessions in their cookies: what JSON can hold, about 4,000 bytes of it."""

    def get_session(self, max_age: int | None = DEFAULT) -> SessionDict:
        """Returns the session; `max_age`: seconds for which its cookie counts."""
        if self.session is None:
            data = self.session_store.get_secure_cookie(self.name, max_age)
            values = data if isinstance(data, dict) else None
            self.session = SessionDict(self, values, new=values is None)
        return self.session

    def save_session(self, response: Response) -> None:
        """Puts the session into its cookie, where it has changed."""
        if self.session is not None and self.session.modified:
            self.session_store.save_secure_cookie(
                response, self.name, dict(self.session), **self.session_args
            )


class CustomBackendSessionFactory(BaseSessionFactory):
    """Keeps sessions by an id, which is all that the cookie holds.

    A subclass has `_get_by_sid`, which returns the session of an id, and `save_session`.
    """

    sid: str | None = None

    def get_session(self, max_age: int | None = DEFAULT) -> SessionDict:
        """Returns the session; `max_age`: seconds for which its cookie counts."""
        if self.session is None:
            data = self.session_store.get_secure_cookie(self.name, max_age)
            self.session = self._get_by_sid(data.get("_sid") if isinstance(data, dict) else None)
        return self.session

    def _get_by_sid(self, sid: object) -> SessionDict:
        raise TypeError(f"{type(self).__name__} keeps no session")

    def _new_session(self) -> SessionDict:
        self.sid = self._get_new_sid()
        return SessionDict(self, new=True)

    def _is_valid_sid(self, sid: object) -> bool:
        return isinstance(sid, str) and SESSION_ID.fullmatch(sid) is not None

    def _get_new_sid(self) -> str:
        return security.generate_random_string(entropy=SESSION_ID_BITS)

    def _save_cookie(self, response: Response) -> None:
        self.session_store.save_secure_cookie(
            response, self.name, {"_sid": self.sid}, **self.session_args
        )


class SessionStore:
    """The sessions of one request, by their cookies' names.

    Raises:
        Exception: the configuration has no `secret_key`.
    """

    config_key: ClassVar[str] = "webapp2_extras.sessions"

    def __init__(self, request: Request, config: Mapping[str, object] | None = None) -> None:
        self.request = request
        self.config = registry.app_of(request).config.load_config(
            self.config_key, default_config, config, required_keys=("secret_key",)
        )
        self.sessions: dict[str, BaseSessionFactory] = {}
        self._cookies: dict[str, tuple[object, dict[str, object]]] = {}

    @property
    def cookie_args(self) -> Mapping[str, object]:
        """The configured arguments of cookies, over the defaults."""
        own, base = self.config["cookie_args"], default_config["cookie_args"]
        return {**base, **own} if isinstance(own, dict) and isinstance(base, dict) else {}

    @cached_property
    def serializer(self) -> SecureCookieSerializer:
        """What signs the cookies, with the configured key, or with the first of several."""
        key = self.config["secret_key"]
        return SecureCookieSerializer(key if isinstance(key, str) else [*_texts(key)])

    def get_backend(self, name: str) -> type[BaseSessionFactory]:
        """Returns the class that keeps sessions in a way.

        Raises:
            KeyError: the configuration has no way of that name.
        """
        own, base = self.config["backends"], default_config["backends"]
        backends = {**base, **own} if isinstance(own, dict) and isinstance(base, dict) else {}
        if name not in backends:
            raise KeyError(f"no session backend {name!r}: there are {', '.join(sorted(backends))}")
        backend: type[BaseSessionFactory] = backends[name]
        if isinstance(backend, str):
            backend = import_string(backend)
        return backend

    def get_session(
        self,
        name: str | None = None,
        max_age: int | None = DEFAULT,
        factory: type[BaseSessionFactory] | None = None,
        backend: str = "securecookie",
    ) -> SessionDict:
        """Returns a session of the request; a second call with a name returns the same one.

        Args:
            name: its cookie's, by default the configured one.
            max_age: seconds for which its cookie counts; by default the configured ones.
            factory: the class that keeps it, instead of a backend's.
            backend: `securecookie`, `datastore`, `memcache`, or a configured one.
        """
        key = name or str(self.config["cookie_name"])
        if key not in self.sessions:
            self.sessions[key] = (factory or self.get_backend(backend))(key, self)
        container = self.sessions[key]
        if max_age != DEFAULT:
            container.session_args["max_age"] = max_age
        return container.get_session(max_age=max_age)

    def get_secure_cookie(self, name: str, max_age: int | None = DEFAULT) -> object:
        """Returns the value of a signed cookie of the request; None where there is none."""
        age = self.config["session_max_age"] if max_age == DEFAULT else max_age
        value = self.request.cookies.get(name)
        return self.serializer.deserialize(name, value, age if isinstance(age, int) else None)

    def set_secure_cookie(self, name: str, value: object, **kwargs: object) -> None:
        """Lets `save_sessions` set a signed cookie; further arguments are the cookie's own."""
        self._cookies[name] = value, {**self.cookie_args, **kwargs}

    def save_sessions(self, response: Response) -> None:
        """Saves all sessions of the request that have changed, and sets the signed cookies."""
        for name, (value, arguments) in self._cookies.items():
            self.save_secure_cookie(response, name, value, **arguments)
        for container in self.sessions.values():
            container.save_session(response)

    def save_secure_cookie(
        self, response: Response, name: str, value: object, **kwargs: object
    ) -> None:
        """Sets a signed cookie in a response; further arguments are the cookie's own."""
        response.set_cookie(name, self.serializer.serialize(name, value), **kwargs)


def get_store(
    factory: Callable[[Request], SessionStore] = SessionStore,
    key: str = KEY,
    request: Request | None = None,
) -> SessionStore:
    """Returns the session store of a request, by default of the current one; it is made once."""
    return registry.of_request(factory, key, request)


def set_store(store: SessionStore, key: str = KEY, request: Request | None = None) -> None:
    """Sets the session store of a request, by default of the current one."""
    registry.set_of_request(key, store, request)


def _texts(value: object) -> Iterable[str]:
    if not isinstance(value, list | tuple):
        raise TypeError(f"secret_key is {value!r}: text, or a list of texts")
    return (str(each) for each in value)
