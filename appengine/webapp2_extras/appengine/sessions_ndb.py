"""Sessions in the datastore: an entity each, read by its key, so what was saved is there.

Source: webapp2, "API Reference", `webapp2_extras.appengine.sessions_ndb`.
"""

import pickle
from typing import ClassVar, Self

from appengine.datastore import db
from appengine.webapp2.response import Response
from appengine.webapp2_extras.sessions import CustomBackendSessionFactory, SessionDict

__all__ = ["DatastoreSessionFactory", "Session"]


class Session(db.Model):
    """One session; its id is the key's name."""

    updated = db.DateTimeProperty(auto_now=True)
    data = db.BlobProperty()

    @classmethod
    def get_by_sid(cls, sid: str) -> Self | None:
        """Returns the session of an id; None where there is none."""
        return cls.get_by_key_name(sid)

    def get_values(self) -> dict[str, object]:
        """Returns the session's values, which only the application itself has written."""
        values: dict[str, object] = pickle.loads(self.data) if self.data else {}  # noqa: S301  # above
        return values

    @classmethod
    def put_values(cls, sid: str, values: dict[str, object]) -> None:
        """Stores a session's values under its id: whatever pickle can hold."""
        cls(key_name=sid, data=db.Blob(pickle.dumps(values))).put()


class DatastoreSessionFactory(CustomBackendSessionFactory):
    """Keeps sessions as entities of `session_model`."""

    session_model: ClassVar[type[Session]] = Session

    def _get_by_sid(self, sid: object) -> SessionDict:
        entity = self.session_model.get_by_sid(str(sid)) if self._is_valid_sid(sid) else None
        if entity is None:
            return self._new_session()
        self.sid = str(sid)
        return SessionDict(self, entity.get_values())

    def save_session(self, response: Response) -> None:
        """Puts the entity, and the id into the cookie, where the session has changed."""
        if self.session is not None and self.session.modified:
            self.session_model.put_values(str(self.sid), dict(self.session))
            self._save_cookie(response)
