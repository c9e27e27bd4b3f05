"""The errors of models, beyond those of `datastore_errors`.

Source: App Engine, `google.appengine.ext.db`.
"""

from appengine.datastore.datastore_errors import BadValueError, Error


class ConfigurationError(Error):
    """A property has options that it cannot have."""


class DerivedPropertyError(Error):
    """A computed property cannot be set."""


class DuplicatePropertyError(Error):
    """Two properties of a model have the same name."""


class KindError(BadValueError):
    """An entity is of another kind than is wanted, or no model has its kind."""


class NotSavedError(Error):
    """The entity has no key yet: it is not stored."""


class PropertyError(Error):
    """A property of that name does not exist, or cannot be asked for."""


class ReservedWordError(Error):
    """A property cannot have this name."""
