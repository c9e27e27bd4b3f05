"""A property that is computed once for each object."""

from collections.abc import Callable
from typing import Generic, Self, TypeVar, overload

Value = TypeVar("Value")


class cached_property(Generic[Value]):  # noqa: N801  # webapp2's name
    """Computes a value when it is first asked for and keeps it under the same name.

    The value may be assigned and deleted, which makes it be computed anew.
    """

    def __init__(
        self, func: Callable[..., Value], name: str | None = None, doc: str | None = None
    ) -> None:
        self.func = func
        self.__name__ = name or func.__name__
        self.__doc__ = doc or func.__doc__
        self.__module__ = func.__module__

    @overload
    def __get__(self, obj: None, type: type | None = None) -> Self: ...  # Python's
    @overload
    def __get__(self, obj: object, type: type | None = None) -> Value: ...  # Python's
    def __get__(self, obj: object, type: type | None = None) -> Self | Value:  # noqa: A002  # Python's
        if obj is None:
            return self
        value = self.func(obj)
        vars(obj)[self.__name__] = value  # found there before this descriptor, from now on
        return value
