"""What a client sees where an application has not answered: more or less, by who it is.

In development an exception is shown whole; users see the page that `error_handlers` of app.yaml
names, or a short one with the request's number. Source: App Engine, "app.yaml", error handlers.
"""

import logging
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePath

from appengine.config.app_yaml import MAX_ERROR_PAGE_BYTES
from appengine.config.sections import ErrorHandlerSection
from appengine.front.answers import Answer, content, page, templates, wants_html
from appengine.front.dispatch import Work
from appengine.front.routes import VersionRoute
from appengine.rpc.failures import Failure
from appengine.rpc.records import CallRecord

HTML = "text/html; charset=utf-8"
TEXT = "text/plain; charset=utf-8"

_REQUEST = "REQUEST_METHOD PATH_INFO QUERY_STRING CONTENT_TYPE CONTENT_LENGTH USER_EMAIL".split()

log = logging.getLogger("appengine.front")

Open = Callable[[str], int | None]


class FailurePages:
    """Makes the pages; shared by the threads of a worker."""

    def __init__(self, *, are_shown: bool) -> None:
        """Takes whether exceptions are shown to whoever asks."""
        self.are_shown = are_shown

    def replace(self, answer: Answer, work: Work, open_file: Open) -> Answer:
        """Returns what the client sees in place of an answer that has a cause.

        Args:
            answer: the front's own, about an application that has not answered.
            work: the request.
            open_file: opens a file of the application by its path.
        """
        stated = find_page(work.route, answer)
        if answer.failure is not None and self.are_shown:
            return self._show(answer, answer.failure, work, stated)
        found = None if stated is None else _read(stated, open_file)
        if found is not None and stated is not None:
            return content(answer.status, found, stated.mime_type, _kept(answer), answer.cause)
        if answer.failure is None and self.are_shown:
            return answer
        text = "The application could not answer this request."
        reference = work.caller.request_id
        return page(answer.status, f"{text} Reference: {reference}.", headers=_kept(answer))

    def missing(self, route: VersionRoute, path: str, environ: Mapping[str, object]) -> Answer:
        """Returns the answer where no handler matches; developers see the patterns tried."""
        shown = path.encode("latin-1", "replace").decode("utf-8", "replace")[:200]
        if not self.are_shown:
            return page(404, f"Nothing is at {shown!r}.")
        sentence = f"app.yaml of {_label(route)} has no handler whose url matches the whole path."
        if not wants_html(environ):
            lines = [f"  {handler.url}" for handler in route.handlers]
            text = "\n".join([f"404: no handler answers {shown!r}; tried in this order:", *lines])
            return content(404, f"{text}\n".encode(), TEXT)
        body = templates.get_template("missing.html").render(
            title=f"No handler answers {shown}",
            path=shown,
            method=environ.get("REQUEST_METHOD"),
            application=_label(route),
            sentence=sentence,
            handlers=route.handlers,
            file_name=lambda source: PurePath(source).name,
        )
        return content(404, body.encode(), HTML)

    def not_started(
        self, route: VersionRoute, environ: Mapping[str, object], reference: str
    ) -> Answer:
        """Returns the answer of an application of which there is no instance at all."""
        if not self.are_shown:
            text = "The application could not answer this request."
            return page(500, f"{text} Reference: {reference}.")
        details = f"{route.failure.rstrip()}\n\nReference: {reference}.\n"
        if not wants_html(environ):
            return content(500, details.encode(), TEXT)
        return page(500, "The application could not be started.", details)

    def _show(
        self, answer: Answer, failure: Failure, work: Work, stated: ErrorHandlerSection | None
    ) -> Answer:
        if not wants_html(work.environ):
            text = f"{failure.text.rstrip()}\n\nRequest {work.caller.request_id}\n"
            return content(answer.status, text.encode(), TEXT)
        title = failure.links[-1].name if failure.links else "The application could not be loaded"
        body = templates.get_template("failure.html").render(
            title=title,
            status=answer.status,
            failure=failure,
            application=_label(work.route),
            method=work.method,
            path=work.environ.get("PATH_INFO", ""),
            calls=work.calls,
            call_count=work.call_count,
            notes=_notes,
            request=_about_request(work.environ),
            environ=sorted(
                pair for pair in work.environ.items() if not pair[0].startswith("HTTP_")
            ),
            reference=work.caller.request_id,
            error_page=stated.file if stated else "",
        )
        return content(answer.status, body.encode(), HTML)


def find_page(route: VersionRoute, answer: Answer) -> ErrorHandlerSection | None:
    """Returns what `error_handlers` states for an answer, by its own code or by `default`."""
    pages = {each.error_code: each for each in route.error_handlers}
    return pages.get(answer.cause or "default") or pages.get("default")


def _read(stated: ErrorHandlerSection, open_file: Open) -> bytes | None:
    """Returns the content of an error page; None: it is gone since app.yaml was read."""
    descriptor = open_file(stated.file)
    if descriptor is None:
        log.warning("error_handlers: %r cannot be read", stated.file)
        return None
    try:
        return os.pread(descriptor, MAX_ERROR_PAGE_BYTES, 0)
    finally:
        os.close(descriptor)


def _kept(answer: Answer) -> list[tuple[str, str]]:
    return [field for field in answer.headers if field[0] == "Retry-After"]


def _label(route: VersionRoute) -> str:
    module = "" if route.module == "default" else f", module {route.module}"
    return f"{route.application}{module}"


def _about_request(environ: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    for name in _REQUEST:
        if environ.get(name):
            yield name, environ[name]
    for name, value in sorted(environ.items()):
        if name.startswith("HTTP_"):
            yield name.removeprefix("HTTP_").replace("_", "-").title(), value


def _notes(call: CallRecord) -> str:
    return ", ".join(f"{name} {value}" for name, value in call.notes.items())
