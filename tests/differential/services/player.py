"""Plays programs against whatever memcache and users `google.appengine` reaches here."""

import json
import os
import sys

from google.appengine.api import memcache, namespace_manager, users


class Player:
    """Plays one program."""

    def __init__(self):
        self._client = memcache.Client()

    def play(self, steps):
        """Returns the outcome of each step: what it gave, or the error's class."""
        return [self._outcome(*step) for step in steps]

    def _outcome(self, name, arguments, space):
        namespace_manager.set_namespace(space)
        try:
            special = getattr(self, f"_{name}", None)
            given = special(*arguments) if special else getattr(memcache, name)(*arguments)
            return _shown(given)
        except Exception as error:
            return {"error": type(error).__name__}

    def _cas(self, key, value, between):
        found = self._client.gets(key)
        if between == "set":
            memcache.set(key, "between")
        elif between == "delete":
            memcache.delete(key)
        elif between == "reset":
            self._client.cas_reset()
        client = memcache.Client() if between == "other client" else self._client
        return [found, client.cas(key, value), memcache.get(key)]

    def _stats(self, _key):
        stats = memcache.get_stats()
        return [stats["hits"], stats["misses"], stats["byte_hits"], sorted(stats)]

    def _peek(self, key):
        item = memcache.peek(key)
        if item is None:
            return None
        times = item.get_expiration_time_sec() > 0, item.get_delete_lock_time_sec() > 0
        return [item.get_value(), times]

    def _too_long(self, key):
        return [memcache.set(key, "x" * 1_000_000), memcache.set(key, "x" * 1_000_001)]

    def _user(self, signed_in, email, domain):
        os.environ.update(signed_in)
        current = users.get_current_user()
        shown = current and [
            current.email(),
            current.nickname(),
            current.user_id(),
            current.auth_domain(),
            str(current),
            repr(current),
        ]
        user = users.User(email, _auth_domain=domain)
        other = users.User("bob@example.com", _auth_domain="gmail.com")
        return [
            shown,
            users.is_current_user_admin(),
            [user.email(), user.nickname(), user.user_id(), user.auth_domain()],
            [user == other, user < other, hash(user) == hash(other), user == "text"],
        ]


def _shown(value):
    """Returns a value as JSON carries it, with its type where that would be lost."""
    if isinstance(value, dict):
        return {str(key): _shown(each) for key, each in sorted(value.items())}
    if isinstance(value, (list, tuple)):
        return [_shown(each) for each in value]
    if isinstance(value, bytes):
        return ["bytes", value.decode("latin-1")]
    return value


def serve(clear):
    """Answers each program of standard input by a line; the cache is empty before each."""
    for line in sys.stdin:
        clear()
        print(json.dumps(Player().play(json.loads(line))), flush=True)
