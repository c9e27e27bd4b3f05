"""Outside: what a room's pages in the Admin Console are made of.

A room's `admin.py` names them in `PAGES`; the console finds it, frames its pages and checks who
asks. A page's template is in the room's `templates/` and is named `<room>/<page>.html`.
"""

from collections.abc import Callable, Mapping

import msgspec

from appengine.rpc.server import Resources


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """One request for a page: who sent a form, and from where, is checked already.

    Attributes:
        application: the one that the administrator has chosen.
        arguments: of the query; for a form, its fields too.
        sends_form: it is a POST: the page may change something.
    """

    application: str
    arguments: Mapping[str, str]
    sends_form: bool
    resources: Resources


class Download(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes that a page answers instead of a template: nothing in them may act in the browser.

    Attributes:
        name: of the file that the browser is to keep; "" shows it, as a document of nobody's.
    """

    content: bytes
    content_type: str
    name: str = ""


class View(msgspec.Struct, frozen=True, kw_only=True):
    """What a page answers: a template and its values, or where to go on after a change.

    Attributes:
        redirect: a path of the console, which stands in for the template.
        download: bytes, which do likewise.
    """

    template: str = ""
    values: Mapping[str, object] = {}
    redirect: str = ""
    download: Download | None = None


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A page of a room.

    Attributes:
        path: `/datastore`; what is below it belongs to it too, as `below` in the arguments.
        title: as the navigation shows it.
    """

    path: str
    title: str
    show: Callable[[Visit], View]
