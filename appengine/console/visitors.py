"""Who may see the console, and whose forms it takes.

It may be opened from this machine; from another one after the code that the server printed. A form
needs a token, made for this browser and this host, and must come from the console's own origin.
"""

import secrets as random

from werkzeug.exceptions import BadRequest, Forbidden
from werkzeug.wrappers import Request, Response

from appengine.config.hosts import host_name, is_local, is_loopback
from appengine.storage.secrets import Secrets
from appengine.storage.tokens import is_same_code, is_token, make_seed, make_token

VISITOR_COOKIE = "appengine_console"
SEED_COOKIE = "appengine_console_form"
PURPOSE = "console visitor"
PLACE = "console"

ANY_ADDRESS = frozenset({"0.0.0.0", "::", "[::]", ""})  # noqa: S104  # compared, not listened on


class Visitors:
    """Judges requests to the console.

    `host` is the name or address on which it listens, `code` what the server printed; "" lets
    nobody in from another machine.
    """

    def __init__(self, secrets: Secrets, host: str, code: str) -> None:
        self._secrets = secrets
        self._host = host.lower()
        self._code = code
        # A new value for each run: signing in ends when the server does.
        self._run = random.token_hex(16)

    def check_host(self, request: Request) -> None:
        """Refuses a name that somebody else has made to lead here.

        Raises:
            BadRequest: the Host header is not one of this console's.
        """
        host = _host(request)
        anywhere = self._host in ANY_ADDRESS
        if not (anywhere or is_loopback(host) or host_name(host).strip("[]") == self._host):
            raise BadRequest(f"host {host!r} is not the console's")

    def may_see(self, request: Request) -> bool:
        """Returns whether a request comes from this machine, or from somebody with the code."""
        if is_local(_host(request), request.remote_addr or ""):
            return True
        value = request.cookies.get(_named(request, VISITOR_COOKIE), "")
        return bool(value) and random.compare_digest(value.encode(), self._pass(request).encode())

    def take_code(self, request: Request, response: Response) -> bool:
        """Returns whether the form's code is right; then `response` lets the browser in."""
        if not is_same_code(request.form.get("code", ""), self._code):
            return False
        _set_cookie(request, response, VISITOR_COOKIE, self._pass(request))
        return True

    def token(self, request: Request) -> str:
        """Returns what the forms of this page have to send."""
        return make_token(self._secrets, self._seed(request), PLACE, _host(request))

    def keep_seed(self, request: Request, response: Response) -> None:
        """Sees that the browser holds the seed of its tokens."""
        if _named(request, SEED_COOKIE) not in request.cookies:
            _set_cookie(request, response, SEED_COOKIE, self._seed(request))

    def check_form(self, request: Request) -> None:
        """Refuses a form that is not the console's own.

        Raises:
            BadRequest: it comes from another origin.
            Forbidden: its token is missing, too old, or another browser's.
        """
        own = f"{request.scheme}://{_host(request)}"
        if request.headers.get("Origin", own) != own:
            raise BadRequest(f"the form comes from {request.headers['Origin']!r}, not from {own}")
        seed = request.cookies.get(_named(request, SEED_COOKIE), "")
        token = request.form.get("xsrf_token", "")
        if not is_token(token, self._secrets, seed, PLACE, _host(request)):
            raise Forbidden("the form is too old or not the console's: go back, reload, try again")

    def _pass(self, request: Request) -> str:
        return self._secrets.sign(PURPOSE, self._run, host_name(_host(request))).hex()

    def _seed(self, request: Request) -> str:
        """Returns the browser's seed; a new one stays the same for the rest of the request."""
        if seed := request.cookies.get(_named(request, SEED_COOKIE)):
            return seed
        return str(request.environ.setdefault("appengine.console.seed", make_seed()))


def _host(request: Request) -> str:
    return str(request.environ.get("HTTP_HOST", ""))


def _named(request: Request, name: str) -> str:
    """Returns a cookie's name: over TLS with the prefix that keeps it to this very host."""
    return f"__Host-{name}" if request.is_secure else name


def _set_cookie(request: Request, response: Response, name: str, value: str) -> None:
    response.set_cookie(
        _named(request, name), value, secure=request.is_secure, httponly=True, samesite="Strict"
    )
