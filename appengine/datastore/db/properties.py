"""The property of a model: a descriptor that checks, converts and remembers one value.

Source: App Engine, "Property classes" (`google.appengine.ext.db`).
"""

from collections.abc import Callable, Sequence
from typing import ClassVar, Generic, Self, TypeVar, cast, overload

from appengine.datastore.datastore_errors import BadValueError
from appengine.datastore.db.errors import ConfigurationError, DuplicatePropertyError
from appengine.datastore.db.names import check_reserved_word
from appengine.datastore.db.stored import Stored

T = TypeVar("T")

AUTO_UPDATE_UNCHANGED = object()
"""What `get_updated_value_for_datastore` returns when a put changes nothing."""


class Property(Generic[T]):
    """One property; subclasses say what it may hold and how that is stored.

    Attributes:
        name: in the datastore; by default the attribute's.
        verbose_name: for people.
        data_type: the type of its values.
    """

    creation_counter: int = 0
    data_type: ClassVar[type] = str
    model_class: type[Stored]

    def __init__(  # App Engine's own positions
        self,
        verbose_name: str | None = None,
        name: str | None = None,
        default: object = None,
        required: bool = False,
        validator: Callable[[T], object] | None = None,
        choices: Sequence[object] | None = None,
        indexed: bool = True,
    ) -> None:
        self.verbose_name = verbose_name
        self.name: str = name or ""
        self._attribute = f"_{self.name}"
        self.default = default
        self.required = required
        self.validator = validator
        self.choices = choices
        self.indexed = indexed
        self.creation_counter = Property.creation_counter
        Property.creation_counter += 1

    def __property_config__(self, model_class: type[Stored], property_name: str) -> None:
        """Takes the property's place in a model; the metaclass calls it once."""
        self.model_class = model_class
        self.name = self.name or property_name
        self._attribute = f"_{self.name}"

    @overload
    def __get__(self, instance: None, owner: type[Stored] | None = None) -> Self: ...
    @overload
    def __get__(self, instance: Stored, owner: type[Stored] | None = None) -> T | None: ...
    def __get__(
        self, instance: Stored | None, owner: type[Stored] | None = None
    ) -> "Self | T | None":
        """Returns the entity's value, or on the model itself the property."""
        if instance is None:
            return self
        return cast("T | None", instance.__dict__.get(self._attribute))

    def __set__(self, instance: Stored, value: object) -> None:
        """Sets the entity's value.

        Raises:
            BadValueError: the property cannot have it.
        """
        instance.__dict__[self._attribute] = self.validate(value)

    def attribute_name(self) -> str:
        """Returns the key under which an entity's own dictionary holds the value."""
        return self._attribute

    def default_value(self) -> object:
        """Returns the value of a new entity for which none is given."""
        return self.default

    def validate(self, value: object) -> object:
        """Returns the value to keep for `value`.

        Raises:
            BadValueError: it is required and empty, is not among the choices, or has a type or
                size that the property does not take.
        """
        if self.required or self.choices:
            self._check_choice(value)
        if self.validator is not None:
            self.validator(cast(T, value))
        return value

    def _check_choice(self, value: object) -> None:
        if self.empty(value):
            if self.required:
                raise BadValueError(f"Property {self.name} is required")
        elif self.choices and value not in self.choices:
            raise BadValueError(
                f"Property {self.name} is {value!r}; must be one of {list(self.choices)!r}"
            )

    def empty(self, value: object) -> bool:
        """Returns whether a value counts as none, which a required property refuses."""
        return not value

    def get_value_for_datastore(self, model_instance: Stored) -> object:
        """Returns what is stored for the entity's value."""
        return self.__get__(model_instance, type(model_instance))

    def get_updated_value_for_datastore(self, model_instance: Stored) -> object:
        """Returns a new value for the entity, which a put stores, or AUTO_UPDATE_UNCHANGED."""
        return AUTO_UPDATE_UNCHANGED

    def make_value_from_datastore(self, value: object) -> object:
        """Returns the entity's value for what was stored."""
        return value

    def make_value_from_datastore_index_value(self, index_value: object) -> object:
        """Returns the entity's value for what a projection query found in an index."""
        return self.make_value_from_datastore(index_value)

    def datastore_type(self) -> type:
        """Returns the type of its values, in the older form."""
        return self.data_type

    def _check_type(self, value: object, article: str) -> None:
        if value is not None and not isinstance(value, self.data_type):
            raise BadValueError(
                f"Property {self.name} must be {article} {self.data_type.__name__}, "
                f"not {type(value).__name__}"
            )


class UnindexedProperty(Property[T]):
    """Base of the properties whose values are long and in no index."""

    def __init__(
        self,
        verbose_name: str | None = None,
        name: str | None = None,
        default: object = None,
        required: bool = False,
        validator: Callable[[T], object] | None = None,
        choices: Sequence[object] | None = None,
        indexed: bool = False,
    ) -> None:
        if indexed:
            raise ConfigurationError("indexed must be False.")
        super().__init__(verbose_name, name, default, required, validator, choices, False)

    def validate(self, value: object) -> object:
        """Returns the value as `data_type`; errors as `Property.validate`."""
        if value is not None and not isinstance(value, self.data_type):
            make: Callable[[object], object] = self.data_type
            try:
                value = make(value)
            except TypeError as error:
                raise BadValueError(
                    f"Property {self.name} must be convertible to a {self.data_type.__name__} "
                    f"instance ({error})"
                ) from error
        return super().validate(value)


def initialize_properties(
    model_class: type[Stored], bases: Sequence[type], attributes: dict[str, object]
) -> dict[str, "Property[object]"]:
    """Returns a model's properties by attribute, the inherited ones first, and names its own.

    Raises:
        DuplicatePropertyError: two bases, or a base and the class, define the same property.
        ReservedWordError: a property has the name of a part of `Model`.
    """
    found: dict[str, Property[object]] = {}
    sources: dict[str, type] = {}
    for base in bases:
        inherited: dict[str, Property[object]] = getattr(base, "_properties", {})
        for name, value in inherited.items():
            source = value.model_class
            if sources.setdefault(name, source) is not source:
                raise DuplicatePropertyError(
                    f"Duplicate property, {name}, is inherited from both "
                    f"{sources[name].__name__} and {source.__name__}."
                )
            found[name] = value
    own = [(name, value) for name, value in attributes.items() if isinstance(value, Property)]
    for name, value in sorted(own, key=lambda item: item[1].creation_counter):
        check_reserved_word(name)
        if name in found:
            raise DuplicatePropertyError(f"Duplicate property: {name}")
        found[name] = value
        value.__property_config__(model_class, name)
    return found
