"""Who may have a URL, and how: `login`, `auth_fail_action` and `secure` of a URL handler."""

from urllib.parse import quote

from appengine.config.handlers import Handler
from appengine.front.answers import Answer, page, redirect
from appengine.rpc.callers import Caller
from appengine.users.server.links import make_link


def check_access(handler: Handler, caller: Caller, environ: dict[str, object]) -> Answer | None:
    """Returns the refusal of a request that the handler's `login` does not let in, or None.

    Source: App Engine, "app.yaml", `login` and `auth_fail_action`.
    """
    if handler.login == "optional":
        return None
    if not caller.user_email:
        if handler.auth_fail_action == "unauthorized":
            return page(401, "Login required to view page.")
        return redirect(make_link("/_ah/login", request_url(environ)))
    if handler.login == "admin" and not caller.user_is_admin:
        sentence = f"{caller.user_email} is not an administrator of this application."
        return page(401, f"{sentence} Current logged in user is not authorized to view this page.")
    return None


def check_scheme(handler: Handler, environ: dict[str, object]) -> Answer | None:
    """Returns the redirection to the scheme that the handler's `secure` asks for, or None.

    Source: App Engine, "app.yaml", `secure` and `redirect_http_response_code`; the development
    server drops the query on the way from https to http.
    """
    is_secure = environ["wsgi.url_scheme"] == "https"
    if handler.secure == "always" and not is_secure:
        url = request_url({**environ, "wsgi.url_scheme": "https"})
    elif handler.secure == "never" and is_secure:
        url = request_url({**environ, "wsgi.url_scheme": "http", "QUERY_STRING": ""})
    else:
        return None
    return redirect(url, handler.redirect_status)


def request_url(environ: dict[str, object]) -> str:
    """Returns the URL that the client asked for, as it can be returned to."""
    path = quote(str(environ["PATH_INFO"]), safe="/:@!$&'()*+,;=~", encoding="latin-1")
    query = f"?{environ['QUERY_STRING']}" if environ.get("QUERY_STRING") else ""
    return f"{environ['wsgi.url_scheme']}://{environ.get('HTTP_HOST', '')}{path}{query}"
