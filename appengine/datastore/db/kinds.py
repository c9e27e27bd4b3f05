"""The models by the kinds of their entities.

Source: App Engine, `google.appengine.ext.db`, `class_for_kind`.
"""

from appengine.datastore.db.errors import KindError
from appengine.datastore.db.stored import Stored

_models: dict[str, type[Stored]] = {}


def register(model: type[Stored]) -> None:
    """Makes a model the one of its kind; a later one of the same kind takes its place."""
    _models[model.kind()] = model


def class_for_kind(kind: str) -> type[Stored]:
    """Returns the model whose entities are of this kind.

    Raises:
        KindError: no model has been defined, or its module has not been imported.
    """
    try:
        return _models[kind]
    except KeyError:
        raise KindError(f"No implementation for kind {kind!r}") from None
