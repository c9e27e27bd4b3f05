"""The pages `/_ah/login` and `/_ah/logout` of the development server."""

import re
from collections.abc import Iterable
from pathlib import Path
from wsgiref.types import StartResponse, WSGIEnvironment

import msgspec
from jinja2 import Environment, PackageLoader, select_autoescape
from werkzeug.exceptions import Forbidden, HTTPException, MethodNotAllowed, NotFound
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from appengine.config.hosts import is_local
from appengine.storage.secrets import Secrets
from appengine.storage.tokens import is_same_code, is_token, make_seed, make_token
from appengine.users.server.cookies import (
    MAX_EMAIL,
    SIGNED_IN_SECONDS,
    Clock,
    Identity,
    appointed,
    cookie_name,
    form_cookie_name,
    identify,
    make_cookie,
    make_identity,
)
from appengine.users.server.links import check_destination
from appengine.users.service import Error

PATHS = ("/_ah/login", "/_ah/logout", "/_ah/login.css")
"""The paths that are served here, before any handler of an application."""

MAX_FORM_BYTES = 16 * 1024
EXAMPLE_EMAIL = "test@example.com"
EMAIL = re.compile(r"[^\s@\x00-\x1f\x7f\"(),:;<>\[\\\]]+@[^\s@\x00-\x1f\x7f\"(),:;<>\[\\\]]+")
"""An address without quoting and comments, which no application expects."""

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",  # "no-referrer" would make a form's Origin "null"
    "X-Content-Type-Options": "nosniff",
}

_pages = Environment(loader=PackageLoader("appengine.users"), autoescape=select_autoescape())
_style = (Path(__file__).parent / "templates" / "login.css").read_bytes()


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """What the page asks for, as the browser sent it."""

    email: str
    is_admin: bool
    code: str
    token: str


class LoginPages:
    """A WSGI application that signs users of one application in and out.

    Another application's cookies are nobody's here. `code` is asked for when a request does not
    come from this machine; "" lets none of those in. With `administrators`, addresses in lower
    case, the page does not ask who is one.
    """

    def __init__(
        self,
        application: str,
        secrets: Secrets,
        clock: Clock,
        code: str = "",
        administrators: frozenset[str] = frozenset(),
    ) -> None:
        self._administrators = administrators
        self._application = application
        self._secrets = secrets
        self._clock = clock
        self._code = code

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Answers one request."""
        request = Request(environ)
        request.max_content_length = request.max_form_memory_size = MAX_FORM_BYTES
        try:
            response = self._answer(request)
        except HTTPException as error:
            text = f"{error.code} {error.name}: {error.description}\n"
            response = Response(text, error.code, mimetype="text/plain")
        except Error as error:
            response = Response(f"400 Bad Request: {error}\n", 400, mimetype="text/plain")
        response.headers.update(HEADERS)
        return response(environ, start)

    def _answer(self, request: Request) -> Response:
        if request.path not in PATHS:
            raise NotFound(f"{request.path!r} is none of {', '.join(PATHS)}")
        if request.method not in ("GET", "HEAD", "POST"):
            raise MethodNotAllowed(["GET", "HEAD", "POST"])
        if request.path == "/_ah/login.css":
            return Response(_style, mimetype="text/css")
        destination = check_destination(request.values.get("continue", ""), _origin(request))
        if request.method == "POST":
            self._check_token(request)
        if request.path == "/_ah/logout" or request.values.get("action") == "Logout":
            return self._sign_out(request, destination)
        if request.method == "POST" or _is_own_link(request):
            return self._sign_in(request, destination)
        return self._show(request, destination, _read_form(request))

    def _check_token(self, request: Request) -> None:
        """Refuses a form that another site has sent in the user's name."""
        seed = request.cookies.get(form_cookie_name(is_secure=request.is_secure), "")
        token = _read_form(request).token
        if not is_token(token, self._secrets, seed, self._application, _host(request)):
            raise Forbidden("the form is too old or not from here: go back, reload, try again")
        if request.headers.get("Origin", _origin(request)) != _origin(request):
            raise Forbidden(f"the form comes from {request.headers['Origin']!r}")

    def _sign_in(self, request: Request, destination: str) -> Response:
        form = _read_form(request)
        if problem := self._find_problem(request, form):
            return self._show(request, destination, form, problem)
        identity = appointed(make_identity(form.email, form.is_admin), self._administrators)
        response = redirect(destination, 302, Response)
        self._set_cookie(request, response, identity)
        return response

    def _find_problem(self, request: Request, form: Form) -> str:
        """Returns a sentence on what is wrong with a form, or nothing."""
        if not EMAIL.fullmatch(form.email):
            return f"{form.email!r} is no e-mail address: name@domain, without spaces"
        if len(form.email) > MAX_EMAIL:
            return f"The address has {len(form.email)} characters; at most {MAX_EMAIL}"
        if not _is_local(request) and not is_same_code(form.code, self._code):
            return "The code is not the one that the server printed when it started"
        return ""

    def _set_cookie(self, request: Request, response: Response, identity: Identity) -> None:
        value = make_cookie(identity, self._application, _host(request), self._secrets, self._clock)
        response.set_cookie(
            cookie_name(self._application, is_secure=request.is_secure),
            value,
            max_age=SIGNED_IN_SECONDS,
            secure=request.is_secure,
            httponly=True,
            samesite="Lax",
        )

    def _sign_out(self, request: Request, destination: str) -> Response:
        response = redirect(destination, 302, Response)
        response.delete_cookie(
            cookie_name(self._application, is_secure=request.is_secure),
            secure=request.is_secure,
            httponly=True,
            samesite="Lax",
        )
        return response

    def _show(self, request: Request, destination: str, form: Form, problem: str = "") -> Response:
        """Returns the page, and sees that the browser holds the seed of its token."""
        name = form_cookie_name(is_secure=request.is_secure)
        seed = request.cookies.get(name) or make_seed()
        user = identify(
            request.environ, self._application, self._secrets, self._clock, self._administrators
        )
        text = _pages.get_template("login.html").render(
            application=self._application,
            user=user,
            email=form.email or (user.email if user else EXAMPLE_EMAIL),
            is_admin=form.is_admin,
            asks_admin=not self._administrators,
            problem=problem,
            asks_code=not _is_local(request),
            destination=destination,
            token=make_token(self._secrets, seed, self._application, _host(request)),
        )
        response = Response(text, 400 if problem else 200, mimetype="text/html")
        response.set_cookie(name, seed, secure=request.is_secure, httponly=True, samesite="Strict")
        return response


def _read_form(request: Request) -> Form:
    values = request.values
    return Form(
        email=values.get("email", "").strip(),
        is_admin=values.get("admin", "").lower() in {"true", "1", "on"},
        code=request.form.get("code", ""),
        token=request.form.get("token", ""),
    )


def _is_own_link(request: Request) -> bool:
    """Returns whether a plain GET signs in: a script's or an address typed in, on this machine.

    `?action=Login&email=...` is how tests of applications have always signed in. Another site's
    link or image must not, so a browser that tells where it comes from is believed.

    Source: App Engine, the development server's login page, `action`.
    """
    asked = request.args.get("action", "").lower() == "login" and "email" in request.args
    own = request.headers.get("Sec-Fetch-Site", "none") in {"none", "same-origin"}
    return asked and own and _is_local(request)


def _is_local(request: Request) -> bool:
    return is_local(_host(request), request.remote_addr or "")


def _host(request: Request) -> str:
    return str(request.environ.get("HTTP_HOST", ""))


def _origin(request: Request) -> str:
    """Returns scheme and host, or nothing where a client of HTTP/1.0 names no host."""
    host = _host(request)
    return f"{request.scheme}://{host}" if host else ""
