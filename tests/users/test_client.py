"""What applications call: the signed-in user comes from the environment, links from the front."""

import pytest
from msgspec import msgpack

from appengine import users
from appengine.rpc.client import transport
from appengine.rpc.errors import Error
from appengine.rpc.frames import Reply
from appengine.rpc.server import Caller
from appengine.users.server import UsersServer
from appengine.users.service import UsersService


class Wire:
    """Carries calls to a real server: message, decoding, errors by name, and back."""

    def __init__(self):
        self.replies = []

    def start(self, service, method, message):
        assert service == "user"
        caller = Caller(application="guestbook", host="localhost:8080")
        server = UsersServer(caller, None, None)
        request = msgpack.decode(message, type=UsersService.methods[method].request)
        try:
            data, name, detail = msgpack.encode(getattr(server, method)(request)), "", ""
        except Error as error:
            data, name, detail = b"", type(error).__name__, str(error)
        self.replies.append(Reply(len(self.replies), data, name, detail))
        return len(self.replies) - 1

    def finish(self, number):
        return self.replies[number]


@pytest.fixture
def wire():
    token = transport.set(Wire())
    yield
    transport.reset(token)


@pytest.fixture
def signed_in(monkeypatch):
    variables = {"USER_EMAIL": "ann@gmail.com", "USER_ID": "17", "AUTH_DOMAIN": "gmail.com"}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def test_the_current_user_is_who_has_signed_in(signed_in):
    user = users.get_current_user()
    assert (user.email(), user.user_id(), user.nickname()) == ("ann@gmail.com", "17", "ann")
    assert user == users.User("ann@gmail.com") == users.GetCurrentUser()


def test_nobody_is_signed_in_where_the_environment_names_nobody(monkeypatch):
    monkeypatch.setenv("USER_EMAIL", "")
    monkeypatch.delenv("USER_IS_ADMIN", raising=False)
    assert users.get_current_user() is None and not users.is_current_user_admin()


@pytest.mark.parametrize(("value", "expected"), [("1", True), ("0", False), ("", False)])
def test_an_administrator_is_who_the_environment_says(monkeypatch, value, expected):
    monkeypatch.setenv("USER_IS_ADMIN", value)
    assert users.is_current_user_admin() is users.IsCurrentUserAdmin() is expected


def test_a_user_needs_an_address_or_a_signed_in_user(monkeypatch):
    monkeypatch.delenv("USER_EMAIL", raising=False)
    with pytest.raises(users.UserNotFoundError, match="nobody is signed in"):
        users.User()


def test_users_are_equal_and_sorted_by_address_and_domain():
    """Source: App Engine, "Users", class `User`: ids do not count."""
    ann, ben = users.User("ann@example.com", _user_id="1"), users.User("ben@example.com")
    assert ann == users.User("ann@example.com", _user_id="2") and hash(ann) != hash(ben)
    assert sorted([ben, ann]) == [ann, ben] and ann != "ann@example.com"
    assert users.User("ann@example.com", _auth_domain="example.com").nickname() == "ann"


def test_links_come_from_the_front(wire):
    assert users.create_login_url("/a") == users.CreateLoginURL("/a")
    assert users.create_login_url() == (
        "http://localhost:8080/_ah/login?continue=http%3A%2F%2Flocalhost%3A8080%2F"
    )
    assert users.CreateLogoutURL("/a").startswith("http://localhost:8080/_ah/logout?continue=")


def test_a_link_that_leads_away_raises_by_the_name_of_app_engine(wire):
    with pytest.raises(users.NotAllowedError, match=r"'http://evil.com/' leads away"):
        users.create_login_url("http://evil.com/")
    with pytest.raises(users.NotAllowedError, match="leads away"):
        users.create_logout_url("//evil.com/")


def test_a_link_that_is_too_long_is_refused_before_it_is_sent():
    with pytest.raises(users.RedirectTooLongError, match="2049 characters; at most 2048"):
        users.create_login_url("/" + "a" * 2048)


def test_a_link_is_text(wire):
    with pytest.raises(TypeError, match="dest_url must be str"):
        users.create_login_url(b"/a")


def test_the_module_has_the_name_that_old_applications_import():
    assert UsersService.aliases == ("google.appengine.api.users",)
    assert issubclass(users.NotAllowedError, users.Error)


def test_the_functions_of_2008_are_the_same_ones(wire, signed_in):
    """Source: App Engine, "Users", the names before PEP 8."""
    assert users.GetCurrentUser() == users.get_current_user() == users.User("ann@gmail.com")
    assert users.IsCurrentUserAdmin() is users.is_current_user_admin() is False
    assert users.CreateLoginURL("/a") == users.create_login_url("/a")
    assert users.CreateLogoutURL("/a") == users.create_logout_url("/a")
    assert users.create_login_url("/a").endswith(
        "/_ah/login?continue=http%3A%2F%2Flocalhost%3A8080%2Fa"
    )


def test_a_user_tells_all_that_it_was_made_of():
    user = users.User("ann@gmail.com", "gmail.com", "17", "id", "provider")
    assert (user.email(), user.nickname(), user.user_id()) == ("ann@gmail.com", "ann", "17")
    assert user.auth_domain() == "gmail.com"
    assert (user.federated_identity(), user.federated_provider()) == ("id", "provider")
    assert users.User("bob@example.com", "gmail.com").nickname() == "bob@example.com"


def test_the_errors_are_one_family():
    for error in (users.UserNotFoundError, users.NotAllowedError, users.RedirectTooLongError):
        assert issubclass(error, users.Error)
