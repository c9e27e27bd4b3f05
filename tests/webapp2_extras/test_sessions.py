"""Source: webapp2, "Sessions"."""

import datetime
import sys
from types import ModuleType

import pytest

from appengine.webapp2 import Response
from appengine.webapp2_extras import sessions
from appengine.webapp2_extras.appengine.sessions_memcache import MemcacheSessionFactory
from appengine.webapp2_extras.appengine.sessions_ndb import DatastoreSessionFactory, Session
from appengine.webapp2_extras.sessions import (
    BaseSessionFactory,
    CustomBackendSessionFactory,
    SecureCookieSessionFactory,
    SessionDict,
    SessionStore,
)
from tests.webapp2_extras.conftest import SECRET


def keep(handler):
    """Saves the sessions after each method: a handler's `dispatch`."""
    store = sessions.get_store(request=handler.request)
    try:
        type(handler).__mro__[1].dispatch(handler)
    finally:
        store.save_sessions(handler.response)


def count(backend, **options):
    """Returns a page that counts the visits of a session."""

    def get(handler):
        session = sessions.get_store().get_session(backend=backend, **options)
        session["visits"] = session.get("visits", 0) + 1
        handler.response.write(f"{session['visits']} {session.new}")

    return get


@pytest.fixture
def memcache(monkeypatch):
    """A memcache of this test's own."""
    values = {}
    module = ModuleType("memcache")
    module.get = values.get
    module.set = values.__setitem__
    monkeypatch.setitem(sys.modules, "google.appengine.api.memcache", module)
    return values


@pytest.mark.parametrize("backend", ["securecookie", "datastore", "memcache"])
def test_a_session_is_kept_from_request_to_request(browse, datastore, memcache, backend):
    ann, bea = (browse(count(backend), dispatch=keep) for _ in range(2))
    assert [ann.get("/").text for _ in range(3)] == ["1 True", "2 False", "3 False"]
    assert bea.get("/").text == "1 True"
    assert ann.get("/").text == "4 False"


@pytest.mark.parametrize("backend", ["datastore", "memcache"])
def test_a_cookie_holds_no_more_than_an_id_where_the_values_are_elsewhere(
    browse, datastore, memcache, backend
):
    browser = browse(count(backend), dispatch=keep)
    browser.get("/")
    store = SessionStore(make_request(browser), {})
    data = store.serializer.deserialize("session", browser.cookies["session"])
    assert list(data) == ["_sid"] and len(data["_sid"]) == 22


def make_request(browser):
    """Returns a request of a browser's application, of nobody."""
    request = browser.app.request_class.blank("/")
    request.app = browser.app
    return request


@pytest.mark.parametrize("backend", ["datastore", "memcache"])
def test_an_id_that_nobody_gave_out_gets_a_new_session(browse, datastore, memcache, backend):
    browser = browse(count(backend), dispatch=keep)
    serializer = SessionStore(make_request(browser)).serializer
    for sid in ("x" * 22, "x", 3, None):
        browser.cookies["session"] = serializer.serialize("session", {"_sid": sid})
        assert browser.get("/").text == "1 True"
        assert serializer.deserialize("session", browser.cookies["session"])["_sid"] != sid


def test_the_datastore_keeps_whatever_pickle_can_hold(browse, datastore):
    moment = datetime.datetime(2008, 4, 7)

    def get(handler):
        session = sessions.get_store().get_session(backend="datastore")
        handler.response.write(repr(session.get("at")))
        session["at"] = moment

    browser = browse(get, dispatch=keep)
    assert [browser.get("/").text for _ in range(2)] == ["None", repr(moment)]
    [stored] = Session.all().fetch(2)
    assert stored.get_values() == {"at": moment} and stored.updated and stored.data
    assert Session.get_by_sid(stored.key().name()).key() == stored.key()
    assert Session.get_by_sid("x" * 22) is None
    assert DatastoreSessionFactory.session_model is Session
    Session.put_values("y" * 22, {"b": 1})
    assert Session.get_by_sid("y" * 22).get_values() == {"b": 1}


def test_a_session_that_has_not_changed_sets_no_cookie(browse):
    def get(handler):
        sessions.get_store().get_session().get("a")

    browser = browse(get, dispatch=keep)
    assert browser.get("/").headers.getall("Set-Cookie") == []


def test_a_cookie_that_somebody_changed_is_no_session(browse, caplog):
    browser = browse(count("securecookie"), dispatch=keep)
    browser.get("/")
    browser.cookies["session"] = browser.cookies["session"].replace("|", "|1", 1)
    assert browser.get("/").text == "1 True"
    assert "Invalid cookie signature" in caplog.text


def test_a_cookie_has_the_configured_arguments(browse):
    own = {
        "secret_key": "s",
        "cookie_name": "c",
        "cookie_args": {"max_age": 60, "httponly": True, "path": "/p"},
    }
    browser = browse(count("securecookie"), {"webapp2_extras.sessions": own}, dispatch=keep)
    browser.get("/")
    morsel = browser.attributes["c"]
    assert (morsel["max-age"], morsel["path"], morsel["httponly"]) == ("60", "/p", True)


def test_a_session_may_have_an_age_and_a_name_of_its_own(browse, monkeypatch):
    browser = browse(count("securecookie", name="short", max_age=60), dispatch=keep)
    browser.get("/")
    assert browser.attributes["short"]["max-age"] == "60"
    import time

    now = time.time()
    monkeypatch.setattr("time.time", lambda: now + 61)
    assert browser.get("/").text == "1 True"


def test_several_keys_let_one_be_replaced(browse):
    config = {"webapp2_extras.sessions": {"secret_key": ["new", "a secret of the tests"]}}
    old, new = (
        browse(count("securecookie"), dispatch=keep),
        browse(count("securecookie"), config, dispatch=keep),
    )
    old.get("/")
    new.cookies = old.cookies
    assert new.get("/").text == "2 False"


def test_a_flash_is_shown_once(browse):
    def get(handler):
        session = sessions.get_store().get_session()
        handler.response.write(session.get_flashes())
        if handler.request.get("say"):
            session.add_flash(handler.request.get("say"), level="info")

    browser = browse(get, dispatch=keep)
    browser.get("/?say=hello")
    assert browser.get("/").text == "[('hello', 'info')]"
    assert browser.get("/").text == "[]"


CHANGES = {
    "set": lambda session: session.__setitem__("a", 2),
    "delete": lambda session: session.__delitem__("a"),
    "pop": lambda session: session.pop("a"),
    "popitem": lambda session: session.popitem(),
    "clear": lambda session: session.clear(),
    "setdefault": lambda session: session.setdefault("b", 1),
    "update": lambda session: session.update(b=1),
    "add_flash": lambda session: session.add_flash("hello"),
    "on_update": lambda session: session.on_update(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_every_change_of_a_session_is_noticed(change):
    session = SessionDict(None, {"a": 1})
    assert not session.modified and not session.new and session.container is None
    change(session)
    assert session.modified


def test_a_look_at_a_session_changes_nothing():
    session = SessionDict(None, {"a": 1}, new=True)
    assert session["a"] == session.get("a") == 1 and session.pop("b", 3) == 3
    assert session.get_flashes() == [] and not session.modified and session.new
    with pytest.raises(KeyError):
        session.pop("b")
    assert session.pop("a") == 1 and session.setdefault("c", 2) == 2
    assert session.popitem() == ("c", 2)
    session.update({"d": 1})
    session.clear()
    assert session == {}


def test_a_store_needs_a_secret_key(browse):
    browser = browse(count("securecookie"), {"x": {}}, dispatch=keep)
    assert "Missing configuration keys for 'webapp2_extras.sessions': ['secret_key']" in (
        browser.get("/").text
    )


def test_a_store_is_made_once_for_a_request(make_current):
    _, request = make_current(config=SECRET)
    store = sessions.get_store()
    assert sessions.get_store(request=request) is store and store.request is request
    assert store.get_session() is store.get_session(name="session")
    other = SessionStore(request)
    sessions.set_store(other)
    assert sessions.get_store() is other
    assert other.config is sessions.get_store().config
    assert SessionStore.config_key == "webapp2_extras.sessions"
    assert sessions.default_config["cookie_name"] == "session"


def test_a_backend_is_a_class_or_its_name(make_current):
    own = {"secret_key": "s", "backends": {"mine": SecureCookieSessionFactory}}
    make_current(config={"webapp2_extras.sessions": own})
    store = sessions.get_store()
    assert store.get_backend("mine") is SecureCookieSessionFactory
    assert store.get_backend("datastore") is DatastoreSessionFactory
    assert store.get_backend("memcache") is MemcacheSessionFactory
    with pytest.raises(KeyError, match="no session backend 'disk': there are datastore"):
        store.get_backend("disk")


def test_signed_cookies_may_stand_alone(make_current):
    _, request = make_current(config=SECRET)
    store = sessions.get_store()
    store.set_secure_cookie("theme", "dark", max_age=60)
    response = Response()
    store.save_sessions(response)
    store.save_secure_cookie(response, "other", [1], path="/o")
    theme, other = response.headers.getall("Set-Cookie")
    assert theme.startswith("theme=") and "Max-Age=60" in theme and "Path=/o" in other
    request.headers["Cookie"] = theme.partition(";")[0]
    assert store.get_secure_cookie("theme") == "dark"
    assert store.get_secure_cookie("theme", max_age=-5) is None
    assert store.get_secure_cookie("absent") is None


def test_a_way_of_ones_own_to_keep_sessions(make_current):
    kept = {}

    class Kept(CustomBackendSessionFactory):
        def _get_by_sid(self, sid):
            if sid in kept:
                self.sid = sid
                return SessionDict(self, kept[sid])
            return self._new_session()

        def save_session(self, response):
            kept[self.sid] = dict(self.session)

    make_current(config=SECRET)
    store = sessions.get_store()
    session = store.get_session(factory=Kept)
    session["a"] = 1
    store.save_sessions(Response())
    [sid] = kept
    assert kept[sid] == {"a": 1} and session.container.sid == sid and Kept.sid is None
    assert session.container.name == "session" and session.container.session_store is store
    assert session.container.get_session() is session


def test_a_factory_that_is_only_a_base_says_so(make_current):
    make_current(config=SECRET)
    base = BaseSessionFactory("a", sessions.get_store())
    assert base.session_args["path"] == "/" and base.session is None
    for call in (base.get_session, lambda: base.save_session(Response())):
        with pytest.raises(TypeError, match="BaseSessionFactory"):
            call()
    with pytest.raises(TypeError, match="keeps no session"):
        CustomBackendSessionFactory("a", sessions.get_store()).get_session()


def test_a_session_that_nobody_asked_for_is_not_saved(make_current, datastore, memcache):
    make_current(config=SECRET)
    store = sessions.get_store()
    response = Response()
    for factory in (SecureCookieSessionFactory, DatastoreSessionFactory, MemcacheSessionFactory):
        factory("a", store).save_session(response)
    assert "Set-Cookie" not in response.headers and memcache == {}
    assert datastore.called == []
