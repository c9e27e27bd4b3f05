"""Values of the request that is being answered, whatever thread or task asks for them.

Source: webapp2, "Local".
"""

import operator
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import TYPE_CHECKING


class Local:
    """A namespace whose attributes each thread and task has for itself."""

    __slots__ = ("_values",)

    if TYPE_CHECKING:
        _values: ContextVar[dict[str, object]]

    def __init__(self) -> None:
        values: ContextVar[dict[str, object]] = ContextVar("values")
        object.__setattr__(self, "_values", values)

    def _read(self) -> dict[str, object]:
        return self._values.get({})

    def __iter__(self) -> Iterator[tuple[str, object]]:
        return iter(list(self._read().items()))

    def __call__(self, proxy: str) -> "LocalProxy":
        """Returns a proxy of one attribute."""
        return LocalProxy(self, proxy)

    def __release_local__(self) -> None:
        """Forgets all attributes of this thread or task."""
        self._values.set({})

    def __getattr__(self, name: str) -> object:
        try:
            return self._read()[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name: str, value: object) -> None:
        self._values.set(self._read() | {name: value})  # a copy: other contexts share the old one

    def __delattr__(self, name: str) -> None:
        getattr(self, name)
        self._values.set({key: value for key, value in self._read().items() if key != name})


class LocalProxy:
    """Stands for an object that is looked up anew at each use.

    Made with a `Local` and the name of an attribute, or with a callable that returns the object.
    """

    __slots__ = ("__weakref__", "_local", "_name")

    if TYPE_CHECKING:
        _local: Local | Callable[[], object]
        _name: str | None

    def __init__(self, local: Local | Callable[[], object], name: str | None = None) -> None:
        object.__setattr__(self, "_local", local)
        object.__setattr__(self, "_name", name)

    def _get_current_object(self) -> object:
        """Returns the object itself.

        Raises:
            RuntimeError: there is none in this thread or task.
        """
        local, name = self._local, self._name
        if not isinstance(local, Local):
            return local()
        try:
            return getattr(local, str(name))
        except AttributeError:
            raise RuntimeError(f"no object bound to {name}") from None

    def __getattr__(self, name: str) -> object:
        return getattr(self._get_current_object(), name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self._get_current_object(), name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self._get_current_object(), name)

    def __repr__(self) -> str:
        try:
            return repr(self._get_current_object())
        except RuntimeError:
            return f"<{type(self).__name__} unbound>"

    def __bool__(self) -> bool:
        try:
            return bool(self._get_current_object())
        except RuntimeError:
            return False

    def __dir__(self) -> list[str]:
        try:
            return dir(self._get_current_object())
        except RuntimeError:
            return []

    def __enter__(self) -> object:
        return self._get_current_object().__enter__()  # type: ignore[attr-defined]  # it may have it

    def __exit__(self, *details: object) -> object:
        return self._get_current_object().__exit__(*details)  # type: ignore[attr-defined]  # as above


_BINARY = (
    "lt le eq ne gt ge add sub mul floordiv mod pow lshift rshift and or xor truediv matmul"
    " getitem setitem delitem contains"
).split()
_BUILT_IN: dict[str, Callable[..., object]] = {
    "str": str,
    "hash": hash,
    "len": len,
    "iter": iter,
    "next": next,
    "reversed": reversed,
    "int": int,
    "float": float,
    "complex": complex,
    "index": operator.index,
    "neg": operator.neg,
    "pos": operator.pos,
    "abs": abs,
    "invert": operator.invert,
    "divmod": divmod,
    "round": round,
    "call": lambda function, *args, **kwargs: function(*args, **kwargs),
    **{name: getattr(operator, f"__{name}__") for name in _BINARY},
}


def _delegate(function: Callable[..., object]) -> Callable[..., object]:
    def operate(proxy: LocalProxy, *args: object, **kwargs: object) -> object:
        return function(proxy._get_current_object(), *args, **kwargs)

    return operate


def _delegate_reflected(function: Callable[..., object]) -> Callable[..., object]:
    def operate(proxy: LocalProxy, other: object) -> object:
        return function(other, proxy._get_current_object())

    return operate


for _name, _function in _BUILT_IN.items():
    setattr(LocalProxy, f"__{_name}__", _delegate(_function))
for _name in "add sub mul floordiv mod pow lshift rshift and or xor truediv divmod".split():
    setattr(LocalProxy, f"__r{_name}__", _delegate_reflected(_BUILT_IN[_name]))
