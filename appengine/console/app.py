"""The Admin Console as a WSGI application: who asks, which page, and its frame."""

from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import quote
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import msgspec
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from appengine.console.figures import FILTERS
from appengine.console.pages import OWN_PAGES, OwnPage
from appengine.console.rooms import find_admin_modules, load_pages, make_templates
from appengine.console.status import Status
from appengine.console.visitors import Visitors
from appengine.rpc.admin import Download, Page, View, Visit
from appengine.rpc.server import Resources
from appengine.storage.secrets import Secrets

MAX_FORM_BYTES = 2**20
STYLE = "/static/console.css"

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",  # "no-referrer" would make a form's Origin "null"
    "X-Content-Type-Options": "nosniff",
}

ISOLATION = {
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'",
}
"""For what others have written: no script, no request, no origin; texts, styles, own pictures."""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Where the console gets what it shows.

    Attributes:
        load_status: asks the supervisor; raises OSError where there is none.
        stop: asks the supervisor to end.
        resources: the data of applications, for the pages of rooms; None leaves those out.
    """

    load_status: Callable[[], Status]
    stop: Callable[[], None]
    resources: Resources | None = None


def create_app(
    source: Source, secrets: Secrets, host: str = "localhost", code: str = ""
) -> WSGIApplication:
    """Returns the console.

    Args:
        host: the name or address on which it listens: the only one, beside those of this machine,
            that a Host header may name.
        code: asked for when a request comes from another machine; "" lets none of those in.
    """
    return Console(source, Visitors(secrets, host, code), find_admin_modules())


class Console:
    """The console's WSGI application."""

    def __init__(self, source: Source, visitors: Visitors, admin_modules: list[str]) -> None:
        self._source = source
        self._visitors = visitors
        self._templates = make_templates(admin_modules, FILTERS)
        room_pages = load_pages(admin_modules) if source.resources else []
        self._pages: list[OwnPage | Page] = [*OWN_PAGES, *room_pages]
        self._style = (Path(__file__).parent / "static" / "console.css").read_bytes()

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Answers one request."""
        request = Request(environ)
        request.max_content_length = request.max_form_memory_size = MAX_FORM_BYTES
        try:
            response = self._answer(request)
        except HTTPException as error:
            response = self._explain(error.code or 500, error.name, error.description or "")
        except OSError as error:
            response = self._explain(503, "The server does not answer", str(error))
        response.headers.update(HEADERS | ISOLATION if is_isolated(response) else HEADERS)
        return response(environ, start)

    def _answer(self, request: Request) -> Response:
        self._visitors.check_host(request)
        if request.method not in ("GET", "HEAD", "POST"):
            raise MethodNotAllowed(["GET", "HEAD", "POST"])
        if request.path == STYLE:
            return Response(self._style, mimetype="text/css")
        if request.method == "POST":
            self._visitors.check_form(request)
        if not self._visitors.may_see(request):
            return self._ask_code(request)
        if request.path == "/":
            return redirect(self._pages[0].path, 302, Response)
        if request.path == "/quit":
            return self._quit(request)
        return self._show(request)

    def _ask_code(self, request: Request) -> Response:
        """Returns the page that asks for the code, or lets in who has sent it."""
        if request.method == "POST":
            response = redirect("/", 303, Response)  # a path may name a host: //elsewhere
            if self._visitors.take_code(request, response):
                return response
        is_wrong = request.method == "POST"
        status = 400 if is_wrong else 401
        return self._render(
            request, View(template="code.html", values={"is_wrong": is_wrong}), status
        )

    def _quit(self, request: Request) -> Response:
        """Stops the server, once the button of the page says so."""
        if request.method == "POST":
            self._source.stop()
            return self._render(request, View(template="stopped.html"))
        return self._render(request, View(template="quit.html"), page=request.path)

    def _show(self, request: Request) -> Response:
        page = self._find_page(request.path)
        status = self._source.load_status()
        application = _choose_application(request, status)
        if isinstance(page, OwnPage):
            if request.method == "POST":
                raise MethodNotAllowed(["GET", "HEAD"])
            view = page.show(status, request.args.to_dict())
        else:
            view = page.show(self._visit(request, page, application))
        if view.redirect:
            return redirect(view.redirect, 303, Response)
        if view.download is not None:
            return send_download(view.download)
        return self._render(request, view, page=page.path, status_now=status, chosen=application)

    def _visit(self, request: Request, page: Page, application: str) -> Visit:
        assert self._source.resources is not None  # noqa: S101  # else there are no rooms' pages
        below = request.path.removeprefix(page.path).lstrip("/")
        return Visit(
            application=application,
            arguments={**request.values.to_dict(), "below": below},
            sends_form=request.method == "POST",
            resources=self._source.resources,
        )

    def _find_page(self, path: str) -> OwnPage | Page:
        for page in self._pages:
            below = isinstance(page, Page) and path.startswith(f"{page.path}/")
            if path == page.path or below:
                return page
        raise NotFound(f"the console has no page {path!r}")

    def _render(
        self,
        request: Request,
        view: View,
        code: int = 200,
        *,
        page: str = "",
        status_now: Status | None = None,
        chosen: str = "",
    ) -> Response:
        """Returns a page in its frame."""
        text = self._templates.get_template(view.template).render(
            view.values,
            pages=self._pages,
            page=page,
            server=status_now,
            application=chosen,
            xsrf_token=self._visitors.token(request),
        )
        response = Response(text, code, mimetype="text/html")
        self._visitors.keep_seed(request, response)
        return response

    def _explain(self, code: int, title: str, text: str) -> Response:
        """Returns a page that says what is wrong; it offers nothing to somebody who may not see."""
        template = self._templates.get_template("error.html")
        return Response(template.render(title=title, text=text), code, mimetype="text/html")


def send_download(download: Download) -> Response:
    """Returns bytes of unknown origin, as a document that can do nothing."""
    response = Response(download.content, content_type=download.content_type)
    response.headers["Content-Security-Policy"] = ISOLATION["Content-Security-Policy"]
    if download.name:
        ascii_name = "".join(c if c.isalnum() or c in "._-" else "_" for c in download.name)
        response.headers["Content-Disposition"] = (
            f"attachment; filename={ascii_name.encode('ascii', 'replace').decode()}; "
            f"filename*=UTF-8''{quote(download.name, safe='')}"
        )
    return response


def is_isolated(response: Response) -> bool:
    """Returns whether a response is a download."""
    return "Content-Security-Policy" in response.headers


def _choose_application(request: Request, status: Status) -> str:
    """Returns the application that the administrator asks for; by default the first."""
    known = status.applications
    asked = request.values.get("application", "")
    if asked and asked not in known:
        raise NotFound(f"no application {asked!r} is served; there are: {', '.join(known)}")
    return asked or (known[0] if known else "")
