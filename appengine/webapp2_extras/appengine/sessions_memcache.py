"""Sessions in memcache: fast, and gone when memory is short.

Source: webapp2, "API Reference", `webapp2_extras.appengine.sessions_memcache`.
"""

from importlib import import_module

from appengine.webapp2.response import Response
from appengine.webapp2_extras.sessions import CustomBackendSessionFactory, SessionDict

__all__ = ["MemcacheSessionFactory"]

MEMCACHE = "google.appengine.api.memcache"


class MemcacheSessionFactory(CustomBackendSessionFactory):
    """Keeps sessions in memcache, by their id."""

    def _get_by_sid(self, sid: object) -> SessionDict:
        data = import_module(MEMCACHE).get(sid) if self._is_valid_sid(sid) else None
        if data is None:
            return self._new_session()
        self.sid = str(sid)
        return SessionDict(self, data)

    def save_session(self, response: Response) -> None:
        """Sets the values in memcache, and the id in the cookie, where the session has changed."""
        if self.session is not None and self.session.modified:
            import_module(MEMCACHE).set(self.sid, dict(self.session))
            self._save_cookie(response)
