"""Source: webapp2, `webapp2_extras.auth`, `webapp2_extras.appengine.auth.models`."""

import time

import pytest

from appengine.datastore import db
from appengine.webapp2 import Response
from appengine.webapp2_extras import auth, security, sessions
from appengine.webapp2_extras.appengine.auth.models import Unique, User, UserToken
from tests.webapp2_extras.conftest import SECRET


class Member(User):
    """A model of an application's own."""

    name = db.StringProperty()


CONFIG = {
    **SECRET,
    "webapp2_extras.auth": {"user_model": Member, "user_attributes": ["name"]},
}


@pytest.fixture(autouse=True)
def fast(monkeypatch):
    """Hashes passwords in a way that takes no time; how slow they are is tried elsewhere."""
    hashing = security.generate_password_hash
    monkeypatch.setattr(
        security,
        "generate_password_hash",
        lambda password, length: hashing(password, "sha1", length),
    )


@pytest.fixture
def ann(datastore):
    """A user."""
    created, user = Member.create_user("own:ann", name="Ann", password_raw="secret")
    assert created
    return user


@pytest.fixture
def at(monkeypatch):
    """Moves the time on by seconds."""
    now = time.time()
    return lambda seconds: monkeypatch.setattr("time.time", lambda: now + seconds)


@pytest.fixture
def visit(make_current):
    """Begins a new request of one browser: returns the request's `Auth`."""
    cookies = {}

    def begin(config=CONFIG, **options):
        app, request = make_current(config=config)
        request.headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        made = auth.Auth(request)
        auth.set_auth(made)
        made.end = lambda: keep(request)
        made.begun_in = app
        return made

    def keep(request):
        response = Response()
        sessions.get_store(request=request).save_sessions(response)
        for text in response.headers.getall("Set-Cookie"):
            name, _, value = text.partition(";")[0].partition("=")
            cookies[name] = value
        return response

    return begin


def test_a_user_signs_in_stays_and_signs_out(visit, ann):
    one = visit()
    user = one.get_user_by_password("own:ann", "secret")
    assert (user["user_id"], user["name"]) == (ann.get_id(), "Ann")
    one.end()
    two = visit()
    assert two.get_user_by_session()["name"] == "Ann" and two.get_user_by_session() is not None
    two.end()
    three = visit()
    three.unset_session()
    assert three.get_user_by_session() is None
    three.end()
    assert visit().get_user_by_session() is None
    assert UserToken.all().count() == 0


def test_a_wrong_name_or_password_is_an_error_of_its_own(visit, ann):
    visitor = visit()
    with pytest.raises(auth.InvalidAuthIdError):
        visitor.get_user_by_password("own:bea", "secret")
    with pytest.raises(auth.InvalidPasswordError):
        visitor.get_user_by_password("own:ann", "wrong")
    assert visitor.get_user_by_password("own:ann", "wrong", silent=True) is None
    assert issubclass(auth.InvalidAuthIdError, auth.AuthError)
    assert visitor.store.validate_password("own:ann", "wrong", silent=True) is None
    assert visitor.store.validate_password("own:ann", "secret")["name"] == "Ann"
    assert visitor.store.get_user_by_auth_password("own:ann", "secret")["name"] == "Ann"


def test_a_remembered_user_outlives_the_browser(visit, ann):
    visitor = visit()
    visitor.get_user_by_password("own:ann", "secret", remember=True)
    assert f"Max-Age={3 * 7 * 24 * 60 * 60}" in visitor.end().headers["Set-Cookie"]
    again = visit()
    again.get_user_by_session()
    assert "Max-Age" in again.end().headers["Set-Cookie"]


def test_a_user_may_be_looked_up_without_a_session(visit, ann):
    visitor = visit()
    visitor.get_user_by_password("own:ann", "secret", save_session=False)
    assert "Set-Cookie" not in visitor.end().headers
    token = Member.create_auth_token(ann.get_id())
    user = visitor.get_user_by_token(ann.get_id(), token, save_session=False)
    assert user["name"] == "Ann" and visitor.session.get("_user") is None


def test_a_look_at_the_session_alone_leaves_it(visit, ann):
    visitor = visit()
    visitor.get_user_by_password("own:ann", "secret")
    visitor.end()
    for _ in range(2):
        look = visit()
        assert look.get_user_by_session(save_session=False)["name"] == "Ann"
        assert "Set-Cookie" not in look.end().headers


def test_a_token_that_was_deleted_ends_the_session_within_the_hour(visit, ann, at):
    visitor = visit()
    visitor.get_user_by_password("own:ann", "secret")
    visitor.end()
    Member.delete_auth_token(ann.get_id(), visitor.get_session_data()["token"])
    assert visit().get_user_by_session()["name"] == "Ann"  # the session's copy
    at(60 * 60 + 1)
    assert visit().get_user_by_session() is None


def test_an_old_token_is_replaced_and_an_older_one_ends(visit, ann, at):
    visitor = visit()
    visitor.get_user_by_password("own:ann", "secret")
    before = visitor.get_session_data()["token"]
    visitor.end()
    at(24 * 60 * 60 + 1)
    second = visit()
    assert second.get_user_by_session()["name"] == "Ann"
    after = second.get_session_data()["token"]
    second.end()
    assert after != before and Member.validate_auth_token(ann.get_id(), after)
    assert not Member.validate_auth_token(ann.get_id(), before)
    at(30 * 24 * 60 * 60)
    assert visit().get_user_by_session() is None
    assert not Member.validate_auth_token(ann.get_id(), after)


def test_a_session_of_another_configuration_is_nobodys(visit, ann):
    visitor = visit()
    visitor.get_user_by_password("own:ann", "secret")
    visitor.end()
    other = {**SECRET, "webapp2_extras.auth": {"user_model": Member}}
    assert visit(other).get_user_by_session() is None


def test_a_session_may_be_set_by_hand(visit, ann):
    visitor = visit()
    user = visitor.store.user_to_dict(ann)
    visitor.set_session(user, token="t", token_ts=5, cache_ts=6, remember=True, path="/p")
    data = visitor.get_session_data()
    assert data == {**user, "token": "t", "token_ts": 5, "cache_ts": 6, "remember": 1}
    assert "Path=/p" in visitor.end().headers["Set-Cookie"]
    visitor.set_session_data({"user_id": 3})
    assert visitor.get_session_data(pop=True)["user_id"] == 3
    assert visitor.get_session_data() is None and visitor.session.get("_user") is None


def test_a_store_knows_what_stands_in_a_session(visit, ann):
    store = visit().store
    names = ["name", "user_id", "remember", "token", "token_ts", "cache_ts"]
    assert store.session_attributes == names and store.user_attributes == ["name"]
    assert store.user_model is Member and store.user_to_dict(None) is None
    data = store.serialize_session({"name": "Ann", "user_id": 3})
    assert data == ["Ann", 3, None, None, None, None]
    assert store.deserialize_session(data)["user_id"] == 3
    assert store.deserialize_session([1]) is None
    token = store.create_auth_token(ann.get_id())
    user, made = store.get_user_by_auth_token(ann.get_id(), token)
    assert user["name"] == "Ann" and abs(made - time.time()) < 100
    assert store.validate_token(ann.get_id(), token) == (user, token)
    store.delete_auth_token(ann.get_id(), token)
    assert store.get_user_by_auth_token(ann.get_id(), token) == (None, None)
    assert store.validate_token(ann.get_id(), token) == (None, None)


def test_a_copy_counts_for_an_hour_and_no_longer_than_its_token(visit):
    store, now = visit().store, int(time.time())
    assert store.validate_cache_timestamp(now - 3000) is True
    assert store.validate_cache_timestamp(now - 3700) is False
    assert store.validate_cache_timestamp(now, now - 30 * 24 * 60 * 60) is False


def test_stores_and_users_are_made_once(visit):
    visitor = visit()
    store = auth.get_store()
    assert auth.get_store(app=visitor.begun_in) is store is visitor.store
    other = auth.AuthStore(visitor.begun_in)
    auth.set_store(other)
    assert auth.get_store() is other and other.config_key == "webapp2_extras.auth"
    assert auth.get_auth() is visitor and visitor.request.path == "/here"
    another = auth.Auth(visitor.request)
    auth.set_auth(another, request=visitor.request)
    assert auth.get_auth(request=visitor.request) is another
    assert auth.default_config["cookie_name"] == "auth"
    assert store.get_session(visitor.request) is visitor.session


def test_the_users_are_the_datastores_unless_the_application_says_otherwise(visit):
    assert visit(SECRET).store.user_model is User


def test_a_user_is_stored_with_a_hashed_password(ann):
    stored = Member.get_by_auth_id("own:ann")
    assert stored.key() == ann.key() and stored.auth_ids == ["own:ann"]
    assert "secret" not in stored.password and stored.created and stored.updated
    assert Member.get_by_auth_id("own:bea") is None
    assert Member.get_by_auth_password("own:ann", "secret").key() == ann.key()
    assert (Member.token_model, Member.unique_model) == (UserToken, Unique)


def test_what_is_unique_is_one_users_alone(ann):
    assert Member.create_user("own:ann", name="Bea") == (False, ["auth_id"])
    created, bea = Member.create_user("own:bea", ["name"], name="Bea")
    assert created and bea.name == "Bea"
    assert Member.create_user("own:cal", ["name"], name="Bea") == (False, ["name"])
    assert Member.create_user("own:cal", ["name"], name="Cal")[0]  # nothing of before is taken


@pytest.mark.parametrize("name", ["password", "auth_ids"])
def test_what_is_made_by_create_user_is_not_given_to_it(datastore, name):
    with pytest.raises(AssertionError, match=f"instead of {name}"):
        Member.create_user("own:ann", **{name: "x"})


def test_a_user_may_have_further_ids(ann):
    assert ann.add_auth_id("google:ann") == (True, ann)
    assert Member.get_by_auth_id("google:ann").key() == ann.key()
    created, bea = Member.create_user("own:bea")
    assert created and bea.add_auth_id("google:ann") == (False, ["auth_id"])


def test_a_user_has_any_further_properties(datastore):
    created, user = User.create_user("own:rex", legs=4)
    assert created and User.get_by_auth_id("own:rex").legs == 4 and user.get_id()


def test_a_signup_token_counts_until_it_is_deleted(ann):
    token = Member.create_signup_token(ann.get_id())
    assert Member.validate_signup_token(ann.get_id(), token)
    assert not Member.validate_auth_token(ann.get_id(), token)
    assert Member.validate_token(ann.get_id(), "signup", token)
    Member.delete_signup_token(ann.get_id(), token)
    assert not Member.validate_signup_token(ann.get_id(), token)


def test_a_token_is_an_entity(ann):
    made = UserToken.create(ann.get_id(), "reset")
    assert made.key() == UserToken.get_key(ann.get_id(), "reset", made.token)
    assert UserToken.get(ann.get_id(), "reset", made.token).key() == made.key()
    found = UserToken.get(subject="reset", token=made.token)
    assert (found.user, found.subject) == (str(ann.get_id()), "reset")
    assert found.created and found.updated and len(found.token) == 22
    assert UserToken.create(3, "x", token="own").token == "own"
    with pytest.raises(AssertionError, match="must be provided"):
        UserToken.get(user=3)
    user, made_at = Member.get_by_auth_token(ann.get_id(), Member.create_auth_token(ann.get_id()))
    assert user.key() == ann.key() and abs(made_at - time.time()) < 100
    assert Member.get_by_auth_token(ann.get_id(), "none") == (None, None)


def test_a_value_is_taken_once(datastore):
    assert Unique.create("a") and not Unique.create("a")
    assert Unique.create_multi(["a", "b"]) == (False, ["a"])
    assert Unique.create_multi(["b", "c"]) == (True, [])
    Unique.delete_multi(["a", "b"])
    assert Unique.create("a") and Unique.create("b") and not Unique.create("c")
