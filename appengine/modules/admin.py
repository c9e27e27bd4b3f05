"""Modules in the Admin Console: versions, addresses, scaling; instances where they are stated."""

from collections.abc import Mapping

import msgspec

from appengine.modules.service import MAX_INSTANCES
from appengine.rpc.admin import Page, View, Visit
from appengine.rpc.internal import Applications, Served

MANUAL = "manual"
MAX_DIGITS = 9


class Shown(msgspec.Struct, frozen=True):
    """A module as the page shows it; `problem` says why its numbers are not known."""

    served: Served
    scaling: str
    instances: int
    stated: int
    problem: str

    @property
    def is_manual(self) -> bool:
        """Whether its instances can be set."""
        return self.scaling == MANUAL


def show_modules(visit: Visit) -> View:
    """Returns an application's modules; a form sets the instances of one."""
    applications = visit.resources.applications
    message = ""
    if visit.sends_form:
        message = _set(applications, visit.application, visit.arguments)
    own = [each for each in applications.served() if each.application == visit.application]
    values = {
        "modules": [_show(applications, each) for each in own],
        "message": message,
        "most": MAX_INSTANCES,
    }
    return View(template="modules/modules.html", values=values)


def _show(applications: Applications, served: Served) -> Shown:
    try:
        state = applications.state(served.application, served.module)
    except OSError as error:
        return Shown(served, "unknown", 0, 0, str(error))
    return Shown(served, state.scaling, state.instances, state.stated, "")


def _set(applications: Applications, application: str, arguments: Mapping[str, str]) -> str:
    """Does what a button says; returns what to tell."""
    module, action = arguments.get("module", ""), arguments.get("action", "")
    try:
        state = applications.state(application, module)
        if state.scaling != MANUAL:
            return f"{module} has {state.scaling} scaling: it has as many instances as it needs."
        text = arguments.get("instances", "")
        number = int(text) if text.isascii() and text.isdigit() and len(text) < MAX_DIGITS else -1
        wanted = {"start": state.stated, "stop": 0}.get(action, number)
        if not 0 <= wanted <= MAX_INSTANCES:
            return f"From 0 to {MAX_INSTANCES} instances."
        applications.set_instances(application, module, wanted)
    except OSError as error:
        return f"Nothing was changed: {error}"
    return f"{module} is stopped." if not wanted else f"{module} gets {wanted} instances."


PAGES = (Page(path="/modules", title="Modules", show=show_modules),)
