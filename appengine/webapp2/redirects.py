"""Ways to leave a handler: to another URL, or with an error; and the URLs of routes.

Source: webapp2, "URI routing", section "Building URIs"; "webapp2", `redirect`, `abort`.
"""

from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urljoin

from appengine.webapp2.current import get_request
from appengine.webapp2.library import exc

if TYPE_CHECKING:
    from appengine.webapp2.request import Request
    from appengine.webapp2.response import Response

REDIRECTS = frozenset({301, 302, 303, 305, 307, 308})
PERMANENT, TEMPORARY = 301, 302


def abort(code: int, *args: object, **kwargs: object) -> NoReturn:
    """Raises the HTTP exception of a status code, which becomes the response.

    Args:
        code: such as 404.
        args: those of the exception's class: detail, headers, comment, body template.
        kwargs: as above.

    Raises:
        KeyError: no exception has the code.

    Source: WebOb, "exc".
    """
    if (error := exc.status_map.get(code)) is None:
        raise KeyError(f"No exception is defined for code {code!r}.")
    raise error(*args, **kwargs)


def uri_for(_name: str, _request: "Request | None" = None, *args: object, **kwargs: object) -> str:
    """Returns the URL of a route by its name.

    Args:
        _name: the route's.
        _request: the request on whose host it is; by default the one that is being answered.
        args: the values of the route's unnamed variables.
        kwargs: the values of the named ones, further ones for the query; and `_full` (true: with
            scheme and host), `_scheme`, `_netloc`, `_fragment`.

    Raises:
        KeyError: there is no such route, or a variable has no value.
        ValueError: a value is none that the route matches.
    """
    request = _request or get_request()
    app = request.app
    if app is None:
        raise AssertionError("the request is of no application")
    return app.router.build(request, _name, args, kwargs)


def redirect(
    uri: str,
    permanent: bool = False,
    abort: bool = False,
    code: int | None = None,
    body: object = None,
    request: "Request | None" = None,
    response: "Response | None" = None,
) -> "Response":
    """Returns a response that sends the client to another URL.

    Args:
        uri: whole, or relative to the request's: then it begins with `/` or `.`.
        permanent: status 301 instead of 302.
        abort: raises the response instead of returning it.
        code: a status of its own: 301, 302, 303, 305, 307 or 308.
        body: what to write.
        request: the one to answer; by default the one that is being answered.
        response: the one to fill, cleared first; by default a new one.

    Raises:
        AssertionError: the code is no redirect's.
    """
    target = str(uri)
    if target.startswith((".", "/")):
        target = urljoin((request or get_request()).url, target)
    status = code or (PERMANENT if permanent else TEMPORARY)
    if status not in REDIRECTS:
        raise AssertionError(
            f"Invalid redirect status code: {status!r}; one of {sorted(REDIRECTS)}"
        )
    if abort:
        raise exc.status_map[status](headers=[("Location", target)])
    if response is None:
        response = _new_response(request or get_request())
    else:
        response.clear()
    response.headers["Location"] = target
    response.status = status
    if body is not None:
        response.write(body)
    return response


def redirect_to(
    _name: str,
    _permanent: bool = False,
    _abort: bool = False,
    _code: int | None = None,
    _body: object = None,
    _request: "Request | None" = None,
    _response: "Response | None" = None,
    *args: object,
    **kwargs: object,
) -> "Response":
    """Returns a response that sends the client to a route, as `redirect` and `uri_for` do."""
    uri = uri_for(_name, _request, *args, **kwargs)
    return redirect(uri, _permanent, _abort, _code, _body, _request, _response)


def _new_response(request: "Request") -> "Response":
    if request.app is None:
        raise AssertionError("the request is of no application")
    return request.app.response_class()
