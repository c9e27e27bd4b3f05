"""Where an application and a request keep the one object that a module makes for each of them."""

from collections.abc import Callable
from typing import TypeVar

from appengine.webapp2.application import WSGIApplication
from appengine.webapp2.current import get_app, get_request
from appengine.webapp2.request import Request

Made = TypeVar("Made")


def of_app(
    factory: Callable[[WSGIApplication], Made], key: str, app: WSGIApplication | None
) -> Made:
    """Returns what `factory` makes of an application, by default the current one; made once."""
    owner = app or get_app()
    if owner.registry.get(key) is None:
        owner.registry[key] = factory(owner)
    made: Made = owner.registry[key]  # type: ignore[assignment]  # of this key's factory
    return made


def of_request(factory: Callable[[Request], Made], key: str, request: Request | None) -> Made:
    """Returns what `factory` makes of a request, by default the current one; made once."""
    registry = _registry_of(request or get_request())
    if registry.get(key) is None:
        registry[key] = factory(request or get_request())
    made: Made = registry[key]  # type: ignore[assignment]  # of this key's factory
    return made


def set_of_app(key: str, made: object, app: WSGIApplication | None) -> None:
    """Keeps an object for an application, by default the current one."""
    (app or get_app()).registry[key] = made


def set_of_request(key: str, made: object, request: Request | None) -> None:
    """Keeps an object for a request, by default the current one."""
    _registry_of(request or get_request())[key] = made


def app_of(request: Request) -> WSGIApplication:
    """Returns the application of a request, or else the current one."""
    return request.app or get_app()


def _registry_of(request: Request) -> dict[str, object]:
    if request.registry is None:
        request.registry = {}
    return request.registry
