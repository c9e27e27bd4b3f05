"""The language in which a service is declared, once, for both sides of the wall."""

from abc import ABC
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeVar, dataclass_transform, get_type_hints

import msgspec

from appengine.rpc.errors import ApplicationError

__all__ = ["ApplicationError", "Message", "Method", "Service", "call", "one"]

Function = TypeVar("Function", bound=Callable[..., Any])

DEFAULT_DEADLINE_SECONDS = 5.0
"""A call's deadline where its declaration names none. Source: App Engine, "API deadlines"."""


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class Message(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """What crosses the wall: frozen, keyword-only; unknown fields are refused in decoding."""


class Method(msgspec.Struct, frozen=True, kw_only=True):
    """One declared call of a service.

    Attributes:
        cost: units of `quota` that one request takes; `""` names no quota.
        deadline_seconds: the most that one call may take, from its decoding to its reply.
        errors: what the server may raise; they cross the wire by class name.
        parallel: the call waits for something outside of the machine, so the front runs it on
            another thread and answers it out of order.
    """

    name: str
    request: type[Message]
    response: type[Message]
    quota: str
    cost: Callable[[Any], int]
    deadline_seconds: float
    errors: tuple[type[ApplicationError], ...]
    parallel: bool


def one(request: Message) -> int:
    """Returns 1: the cost of a call that is counted by calls."""
    return 1


def call(
    *,
    quota: str = "",
    cost: Callable[[Any], int] = one,
    deadline_seconds: float = DEFAULT_DEADLINE_SECONDS,
    errors: tuple[type[ApplicationError], ...] = (),
    parallel: bool = False,
) -> Callable[[Function], Function]:
    """Declares a method of a `Service` as a call; see `Method` for the arguments.

    The method takes `request`, a `Message`, and returns a `Message`; both by annotation.
    """

    def mark(function: Function) -> Function:
        options = {
            "quota": quota,
            "cost": cost,
            "deadline_seconds": deadline_seconds,
            "errors": errors,
            "parallel": parallel,
        }
        vars(function).update(__isabstractmethod__=True, declared=options)
        return function

    return mark


class Service(ABC):
    """Base of every declaration: `class MailService(Service, name="mail", ...)`.

    Attributes:
        name: the service's name on the wire.
        aliases: names under which applications also import the room itself.
        modules: further public modules: the imported name, then the module of the room.
        methods: the declared calls by name.
    """

    name: ClassVar[str]
    aliases: ClassVar[tuple[str, ...]] = ()
    modules: ClassVar[Mapping[str, str]] = {}
    methods: ClassVar[dict[str, Method]]

    def __init_subclass__(
        cls,
        *,
        name: str = "",
        aliases: tuple[str, ...] = (),
        modules: Mapping[str, str] | None = None,
    ) -> None:
        """Reads the calls of a class that declares a service by `name`."""
        super().__init_subclass__()
        if not name:  # a server or a stub: it inherits the declaration
            return
        cls.name, cls.aliases, cls.modules = name, aliases, modules or {}
        cls.methods = {}
        for key, function in vars(cls).items():
            if (options := getattr(function, "declared", None)) is not None:
                hints = get_type_hints(function)
                cls.methods[key] = Method(
                    name=key, request=hints["request"], response=hints["return"], **options
                )
