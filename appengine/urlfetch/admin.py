"""URL fetch in the Admin Console: what fetches may reach, and where a URL would lead."""

import time

import httpcore

from appengine.rpc.admin import Page, View, Visit
from appengine.rpc.errors import ApplicationError
from appengine.urlfetch.server.connections import IsServedError, Network, within
from appengine.urlfetch.server.names import Resolver
from appengine.urlfetch.server.networks import AddressRules
from appengine.urlfetch.server.pools import is_proxied
from appengine.urlfetch.server.urls import parse_url
from appengine.urlfetch.service import MAX_URL

SECONDS = 5.0
"""For finding the addresses of a name."""


def show_urlfetch(visit: Visit) -> View:
    """Returns the operator's settings, and for a URL whether it is open to fetches."""
    url = visit.arguments.get("url", "").strip()[: MAX_URL + 1]
    answer, is_open = _judge(visit, url) if url else ("", False)
    options = visit.resources.options
    values = {
        "networks": options.urlfetch_networks,
        "proxy": _without_password(options.urlfetch_proxy or ""),
        "no_proxy": options.urlfetch_no_proxy,
        "ca_file": options.urlfetch_ca_file,
        "url": url,
        "answer": answer,
        "is_open": is_open,
    }
    return View(template="urlfetch/urlfetch.html", values=values)


def _judge(visit: Visit, url: str) -> tuple[str, bool]:
    """Returns what a fetch of a URL would meet, and whether it may go there; nothing is fetched."""
    options, applications = visit.resources.options, visit.resources.applications
    try:
        target = parse_url(url)
        if (served := applications.find(target.host, target.port)) is not None:
            return _inside(served.application, served.module), True
        network = Network(_resolver(visit), AddressRules(options.urlfetch_networks), applications)
        with within(time.monotonic() + SECONDS):
            addresses = network.find(target.host, target.port)
    except IsServedError as found:
        return _inside(found.served.application, found.served.module), True
    except (ApplicationError, TimeoutError, httpcore.TimeoutException) as error:
        return str(error) or f"no address was found within {SECONDS:g} s", False
    way = ", through the proxy" if is_proxied(options, target.host) else ""
    return f"{target.host} is open: {', '.join(addresses)}, port {target.port}{way}", True


def _inside(application: str, module: str) -> str:
    return (
        f"answered inside, by the module {module!r} of {application!r}: nothing leaves this machine"
    )


def _resolver(visit: Visit) -> Resolver:
    return visit.resources.once("urlfetch.names", Resolver)


def _without_password(proxy: str) -> str:
    scheme, colon, rest = proxy.partition("://")
    return f"{scheme}{colon}{rest.rpartition('@')[2]}"


PAGES = (Page(path="/urlfetch", title="URL fetch", show=show_urlfetch),)
