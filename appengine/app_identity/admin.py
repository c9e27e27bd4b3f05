"""Identity in the Admin Console: names, and the certificate that signatures are checked with."""

from appengine.app_identity.server import BUCKET, account_name, find_key
from appengine.app_identity.service import InternalError
from appengine.rpc.admin import Download, Page, View, Visit

PEM = "application/x-pem-file"


def show_identity(visit: Visit) -> View:
    """Returns who an application is; below, its certificate as a file."""
    key, message = None, ""
    try:
        key = find_key(visit.resources, visit.application)
    except InternalError as error:
        message = str(error)
    if key is not None and visit.arguments.get("below") == "certificate.pem":
        name = f"{visit.application.replace(':', '_')}.pem"
        return View(
            download=Download(content=key.certificate.encode(), content_type=PEM, name=name)
        )
    own = [
        served
        for served in visit.resources.applications.served()
        if served.application == visit.application
    ]
    values = {
        "account": account_name(visit.application),
        "bucket": BUCKET,
        "hosts": [served.host for served in own if served.module == "default"],
        "key_name": key.name if key else "",
        "certificate": key.certificate if key else "",
        "message": message,
    }
    return View(template="app_identity/identity.html", values=values)


PAGES = (Page(path="/identity", title="Identity", show=show_identity),)
