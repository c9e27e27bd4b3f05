"""The polymodel: a hierarchy of classes whose entities are all of the root's kind.

The property `class` holds the names of an entity's classes, root first, so that a query for a
class finds its subclasses' entities too.

Source: App Engine, "The PolyModel class" (`google.appengine.ext.db.polymodel`).
"""

from typing import ClassVar, Self, cast

from appengine.datastore.client.entities import Entity
from appengine.datastore.datastore_types import Key
from appengine.datastore.db.errors import ConfigurationError, KindError
from appengine.datastore.db.lists import StringListProperty
from appengine.datastore.db.models import Model, PropertiedClass
from appengine.datastore.db.queries import GqlQuery, Query

CLASS_PROPERTY = "class"
"""The stored name of the property that holds the classes' names."""

_classes: dict[tuple[str, ...], "type[PolyModel]"] = {}


class PolymorphicClass(PropertiedClass):
    """Makes a class a model within its hierarchy."""

    def __init__(
        cls,  # noqa: N805  # of a metaclass
        name: str,
        bases: tuple[type, ...],
        dct: dict[str, object],
    ) -> None:
        """Makes the model; only a root is the model of a kind.

        Raises:
            ConfigurationError: it has two roots.
        """
        roots = {
            base.__root_class__
            for base in bases
            if isinstance(base, PolymorphicClass) and hasattr(base, "__root_class__")
        }
        if len(roots) > 1:
            raise ConfigurationError(f"{name} cannot be derived from two roots: {roots!r}")
        model = cast("type[PolyModel]", cls)
        is_polymodel = not any(isinstance(base, PolymorphicClass) for base in bases)
        if not is_polymodel:
            model.__root_class__ = roots.pop() if roots else model
            above = [base for base in model.__mro__ if hasattr(base, "__class_hierarchy__")]
            inherited = above[0].__class_hierarchy__ if above else ()
            model.__class_hierarchy__ = (*inherited, model)
            _classes[model.class_key()] = model
        super().__init__(name, bases, dct, map_kind=model.__dict__.get("__root_class__") is model)


class PolyModel(Model, metaclass=PolymorphicClass):
    """Base of the roots; itself it has no entities."""

    __root_class__: "ClassVar[type[PolyModel]]"
    __class_hierarchy__: "ClassVar[tuple[type[PolyModel], ...]]"

    _class = StringListProperty(name=CLASS_PROPERTY)

    def __init__(
        self,
        parent: Model | Key | None = None,
        key_name: str | None = None,
        _app: str | None = None,
        _from_entity: Entity | bool = False,
        **kwds: object,
    ) -> None:
        """Makes an entity of the class.

        Raises:
            NotImplementedError: this is PolyModel itself.
        """
        if not hasattr(type(self), "__root_class__"):
            raise NotImplementedError("PolyModel itself has no entities; derive a class from it")
        if not _from_entity:
            kwds[CLASS_PROPERTY] = list(self.class_key())
        super().__init__(parent, key_name, _app, _from_entity, **kwds)

    @classmethod
    def kind(cls) -> str:
        """Returns the kind of all the hierarchy's entities: the root's name."""
        root: type[PolyModel] | None = getattr(cls, "__root_class__", None)
        return cls.__name__ if root is None else root.__name__

    @classmethod
    def class_key(cls) -> tuple[str, ...]:
        """Returns the names of the classes from the root to this one."""
        return tuple(model.class_name() for model in cls.__class_hierarchy__)

    @classmethod
    def class_name(cls) -> str:
        """Returns the class's name within the hierarchy."""
        return cls.__name__

    @classmethod
    def from_entity(cls, entity: Entity) -> Self:
        """Returns an instance of the class that the entity was stored as.

        Raises:
            KindError: no class has these names.
        """
        names = entity.get(CLASS_PROPERTY)
        if isinstance(names, list) and tuple(names) != getattr(cls, "class_key", tuple)():
            try:
                found = _classes[tuple(names)]
            except KeyError:
                raise KindError(f"No implementation for class {names!r}") from None
            return cast(Self, super(PolyModel, found).from_entity(entity))
        return super().from_entity(entity)

    @classmethod
    def all(cls, **kwds: object) -> Query[Self]:
        """Returns a query for the entities of the class and its subclasses."""
        query = super().all(**kwds)
        if cls is not cls.__root_class__:
            query.filter(f"{CLASS_PROPERTY} =", cls.class_name())
        return query

    @classmethod
    def gql(cls, query_string: str, *args: object, **kwds: object) -> GqlQuery[Self]:
        """Returns a GQL query for the entities of the class and its subclasses."""
        query = super().gql(query_string, *args, **kwds)
        if cls is not cls.__root_class__:
            query.add_equality(CLASS_PROPERTY, cls.class_name())
        return query
