"""Hooks: functions that are called before and after each call of a service."""

from google.appengine.api import apiproxy_stub_map
from google.appengine.ext import db

from .expecting import refusal


class Hooked(db.Model):
    n = db.IntegerProperty()


class Noted(list):
    """What hooks have seen; they are gone when the block ends."""

    def __enter__(self):
        proxy = apiproxy_stub_map.apiproxy
        self.before, self.after = proxy.GetPreCallHooks(), proxy.GetPostCallHooks()
        return self

    def __exit__(self, *_error):
        self.before.Clear()
        self.after.Clear()

    def note(self, service, call, request, response):
        self.append((service, call, response is not None))

    def note_error(self, service, call, request, response, rpc, error):
        self.append((call, type(error).__name__))


def a_hook_is_called_before_and_after_each_call_of_its_service():
    with Noted() as seen:
        assert isinstance(seen.before, apiproxy_stub_map.ListOfHooks)
        assert seen.before.Append("note", seen.note, "datastore_v3") is True
        assert seen.before.Append("note", seen.note, "datastore_v3") is False
        seen.after.Append("note", seen.note)
        seen.after.Append("mail", seen.note, "mail")
        Hooked(key_name="x", n=1).put()
        assert seen == [("datastore_v3", "Put", False), ("datastore_v3", "Put", True)]
        seen.clear()
        Hooked.all().get()
        assert ("datastore_v3", "RunQuery", True) in seen
    seen.clear()
    Hooked.all().get()
    assert seen == []


def a_hook_that_raises_before_a_call_stops_it():
    def refuse(service, call, request, response):
        if call in ("Put", "Delete", "Commit"):
            raise ValueError(f"no {call} today")

    place = Hooked(key_name="x", n=1).put()
    with Noted() as seen:
        seen.before.Push("refuse", refuse, "datastore_v3")
        with refusal(ValueError, "no Put today"):
            Hooked(key_name="x", n=2).put()
        with refusal(ValueError, "no Commit today"):
            db.run_in_transaction(Hooked(key_name="x", n=2).put)
        assert db.get(place).n == 1
    Hooked(key_name="x", n=2).put()
    assert db.get(place).n == 2


def a_hook_that_takes_an_error_is_told_of_it():
    with Noted() as seen:
        seen.after.Append("plain", seen.note)
        seen.after.Append("error", seen.note_error)
        with refusal(db.BadRequestError):
            Hooked(key_name="__x__").put()
        assert seen == [("Put", "BadRequestError")]
