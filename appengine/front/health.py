"""The health page: whether an application is served here, and behind which walls."""

from collections.abc import Sequence
from http import HTTPStatus
from wsgiref.types import WSGIEnvironment

import msgspec
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from appengine.front.answers import Answer, page
from appengine.front.routes import VersionRoute
from appengine.rpc.boot import Layer

FORMS = ("text/html", "application/json")
SERVED = "The application is served, behind these layers of the sandbox:"
FAILED = "The application has failed. It would be served behind these layers of the sandbox:"


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """What programs are told.

    Attributes:
        status: "ok" or "failed": no instance can be started.
        layers: of the sandbox; each is on or off, and why.
    """

    status: str
    application: str
    module: str
    version: str
    layers: Sequence[Layer]


def answer_health(environ: WSGIEnvironment, route: VersionRoute, layers: Sequence[Layer]) -> Answer:
    """Returns the page: for people, or as JSON where the client prefers that.

    The status is 200, or 503 where the application has failed.
    """
    status = 503 if route.failure else 200
    accepted = parse_accept_header(environ.get("HTTP_ACCEPT", "*/*"), MIMEAccept)
    if accepted.best_match(FORMS, default=FORMS[0]) == FORMS[0]:
        lines = [f"{each.name}: {'on' if each.on else 'OFF'}, {each.detail}" for each in layers]
        return page(status, FAILED if route.failure else SERVED, "\n".join(lines))
    health = Health(
        status="failed" if route.failure else "ok",
        application=route.application,
        module=route.module,
        version=route.version,
        layers=layers,
    )
    return _make_json(status, msgspec.json.encode(health) + b"\n")


def _make_json(status: int, body: bytes) -> Answer:
    return Answer(
        status=status,
        reason=HTTPStatus(status).phrase,
        headers=[
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-cache"),
        ],
        body=[body],
    )
