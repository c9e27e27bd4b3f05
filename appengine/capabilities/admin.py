"""Capabilities in the Admin Console: services can be switched off, to see what becomes of it."""

import msgspec

from appengine.capabilities.server.switches import WRITE, Switches, capabilities, open_switches
from appengine.rpc.admin import Page, View, Visit

MAX_REASON = 200
"""Characters."""

REASON = "switched off by an administrator"


class Capability(msgspec.Struct, frozen=True):
    """One switch; `reason` says why it is off, None: it is on."""

    name: str
    detail: str
    reason: str | None


def show_capabilities(visit: Visit) -> View:
    """Returns the switches of an application; a form turns one of them."""
    switches = open_switches(visit.resources, visit.application)
    message = _turn(switches, visit) if visit.sends_form else ""
    off = switches.off()
    found = [
        Capability(name, f"only calls that {WRITE}" if "." in name else "", off.get(name))
        for name in capabilities()
    ]
    values = {"capabilities": found, "message": message, "reason": REASON, "most": MAX_REASON}
    return View(template="capabilities/capabilities.html", values=values)


def _turn(switches: Switches, visit: Visit) -> str:
    """Does what a button says; returns what to tell."""
    name = visit.arguments.get("off") or visit.arguments.get("on") or ""
    if name not in capabilities():
        return "Which one?"
    is_off = "off" in visit.arguments
    reason = visit.arguments.get("reason", "").strip()[:MAX_REASON] or REASON
    try:
        switches.change(name, reason if is_off else None)
    except OSError as error:
        return f"Nothing was changed: {error}"
    return f"{name} is {'off' if is_off else 'on'}; all processes know within a second."


PAGES = (Page(path="/capabilities", title="Capabilities", show=show_capabilities),)
