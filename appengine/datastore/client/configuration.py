"""How calls and transactions are made: deadlines, read policies, retries, propagation.

Source: App Engine, `google.appengine.datastore.datastore_rpc`.
"""

from collections.abc import Callable
from functools import cache
from typing import ClassVar, Self, TypeVar

import msgspec

from appengine.datastore.datastore_errors import BadArgumentError
from appengine.datastore.datastore_types import validate_integer

STRONG_CONSISTENCY = 0
EVENTUAL_CONSISTENCY = 1
APPLY_ALL_JOBS_CONSISTENCY = 2
ALL_READ_POLICIES = frozenset((0, 1, 2))

NESTED, MANDATORY, ALLOWED, INDEPENDENT = 1, 2, 3, 4
"""What a transactional call does with the transaction that it is made in."""

SERVICE = "datastore_v3"
"""App Engine's name of the datastore among its services."""

MAX_DEADLINE_SECONDS = 86_400.0
"""No call lasts longer, whatever deadline is given."""

DEFAULT_TRANSACTION_RETRIES = 3
"""Retries after conflicts: the function runs once more than this. Source: "Transactions"."""


class Configuration(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Options of one call.

    Attributes:
        deadline: seconds that each call may take; then it raises `Timeout`. None: as many as its
            request has. A longer one does not extend the request's.
        on_completion: called with the operation when its result is there.
        read_policy: `STRONG_CONSISTENCY` or `EVENTUAL_CONSISTENCY`.
        force_writes: writes even where the datastore is read-only; it never is here.
        max_get_keys: of one call; a get of more keys becomes several. None: the service's limit.
        max_put_entities: the same of a put.
        max_delete_keys: the same of a delete.
        max_allocate_ids_keys: taken and not needed, as the two below: nothing is split by them.
        max_entity_groups_per_rpc: see above.
        max_rpc_bytes: see above.
    """

    STRONG_CONSISTENCY: ClassVar[int] = STRONG_CONSISTENCY
    EVENTUAL_CONSISTENCY: ClassVar[int] = EVENTUAL_CONSISTENCY
    APPLY_ALL_JOBS_CONSISTENCY: ClassVar[int] = APPLY_ALL_JOBS_CONSISTENCY
    ALL_READ_POLICIES: ClassVar[frozenset[int]] = ALL_READ_POLICIES

    deadline: float | None = None
    on_completion: Callable[..., object] | None = None
    read_policy: int | None = None
    force_writes: bool | None = None
    max_get_keys: int | None = None
    max_put_entities: int | None = None
    max_delete_keys: int | None = None
    max_allocate_ids_keys: int | None = None
    max_entity_groups_per_rpc: int | None = None
    max_rpc_bytes: int | None = None

    def __post_init__(self) -> None:
        """Checks the options.

        Raises:
            BadArgumentError: an option has a value that it cannot have.
        """
        _check_number("deadline", self.deadline)
        if self.read_policy is not None and self.read_policy not in ALL_READ_POLICIES:
            raise BadArgumentError(f"read_policy argument invalid ({self.read_policy!r})")
        _check_flag("force_writes", self.force_writes)
        for name in _SIZES:
            if (size := getattr(self, name)) is not None:
                validate_integer(size, name, BadArgumentError)

    def __repr__(self) -> str:
        given = ", ".join(f"{name}={value!r}" for name, value in self.given().items())
        return f"{type(self).__name__}({given})"

    @classmethod
    def of(cls, options: dict[str, object]) -> Self:
        """Returns the configuration that keyword arguments name; `config` or `rpc` gives defaults.

        Raises:
            TypeError: an option does not exist.
            BadArgumentError: an option has a value that it cannot have.
        """
        if not options:
            empty: Self = _without_options(cls)
            return empty
        config = _check_configuration(options.pop("config", None) or options.pop("rpc", None))
        for name in options:
            if name not in cls.__struct_fields__:
                raise TypeError(f"Unknown configuration option ({name!r})")
        if config is None:
            return cls(**options)  # type: ignore[arg-type]  # the class itself checks the values
        return cls(**cls._known(config.given()) | options)  # type: ignore[arg-type]  # as above

    @classmethod
    def is_configuration(cls, obj: object) -> bool:
        """Returns whether `obj` is a configuration of this class, or of one below it."""
        return isinstance(obj, cls)

    def given(self) -> dict[str, object]:
        """Returns the options that are not None, by name."""
        return {
            name: value
            for name in self.__struct_fields__
            if (value := getattr(self, name)) is not None
        }

    def merge(self, config: object) -> "Configuration":
        """Returns the options of `config`, which may be None, and this one's for all others.

        The result is of the class of the two that has more options.

        Raises:
            BadArgumentError: `config` is no configuration, or its options exclude this one's.
        """
        other = _check_configuration(config)
        if other is None or other is self:
            return self
        wider = type(self) if isinstance(self, type(other)) else type(other)
        return wider.of(wider._known({**self.given(), **other.given()}))

    @classmethod
    def _known(cls, options: dict[str, object]) -> dict[str, object]:
        return {name: value for name, value in options.items() if name in cls.__struct_fields__}

    @property
    def deadline_seconds(self) -> float | None:
        """The deadline as a call carries it."""
        return None if self.deadline is None else float(min(self.deadline, MAX_DEADLINE_SECONDS))

    @property
    def is_eventual(self) -> bool:
        """Whether reads may miss the last moments' commits."""
        return self.read_policy == EVENTUAL_CONSISTENCY


C = TypeVar("C", bound=Configuration)


@cache
def _without_options(kind: type[C]) -> C:
    return kind()


_SIZES = tuple(name for name in Configuration.__struct_fields__ if name.startswith("max_"))


class TransactionOptions(Configuration, frozen=True, kw_only=True, omit_defaults=True):
    """Options of one transaction.

    Attributes:
        xg: up to 25 entity groups instead of one.
        retries: after conflicts; None is 3.
        propagation: `NESTED`, `MANDATORY`, `ALLOWED` or `INDEPENDENT`.
        read_only: puts and deletes are refused.
        app: the application; its own only.
    """

    NESTED: ClassVar[int] = NESTED
    MANDATORY: ClassVar[int] = MANDATORY
    ALLOWED: ClassVar[int] = ALLOWED
    INDEPENDENT: ClassVar[int] = INDEPENDENT

    xg: bool | None = None
    retries: int | None = None
    propagation: int | None = None
    read_only: bool | None = None
    app: str | None = None

    def __post_init__(self) -> None:
        """Checks the options.

        Raises:
            BadArgumentError: an option has a value that it cannot have.
        """
        super().__post_init__()
        _check_flag("xg", self.xg)
        _check_flag("read_only", self.read_only)
        if self.propagation not in (None, NESTED, MANDATORY, ALLOWED, INDEPENDENT):
            raise BadArgumentError(f"Unknown propagation value ({self.propagation!r})")
        validate_integer(self.retries, "retries", BadArgumentError, empty_ok=True, zero_ok=True)


def create_config(**options: object) -> Configuration:
    """Returns options for calls: `deadline`, `read_policy`, `on_completion`, `force_writes`."""
    return Configuration.of(options)


def create_transaction_options(**options: object) -> TransactionOptions:
    """Returns options for a transaction: `xg`, `retries`, `propagation`, `read_only` and more."""
    return TransactionOptions.of(options)


def create_rpc(
    deadline: float | None = None,
    callback: Callable[[], object] | None = None,
    read_policy: int | None = None,
) -> Configuration:
    """Returns the options in the older form, for the `rpc` argument of one or several calls.

    Args:
        deadline: seconds.
        callback: called without arguments when a call's result is there.
        read_policy: `STRONG_CONSISTENCY` or `EVENTUAL_CONSISTENCY`.
    """
    on_completion = None if callback is None else lambda _operation: callback()
    return Configuration(deadline=deadline, on_completion=on_completion, read_policy=read_policy)


def create_service_rpc(
    service: str = SERVICE,
    deadline: float | None = None,
    callback: Callable[[], object] | None = None,
    read_policy: int | None = None,
) -> Configuration:
    """Returns what `create_rpc` does; the service is the datastore.

    Raises:
        BadArgumentError: it is another one.
    """
    if service != SERVICE:
        raise BadArgumentError(f"the service is {SERVICE!r}; received {service!r}")
    return create_rpc(deadline, callback, read_policy)


def rpc_from_options(
    kwargs: dict[str, object],
    convert_rpc: bool = False,
    config_class: type[Configuration] = Configuration,
) -> Configuration | None:
    """Returns the options that a call's keyword arguments name; None where there are none.

    Args:
        kwargs: what is known in it is taken out.
        convert_rpc: accepted for old callers: an `rpc` is a configuration here.
        config_class: of the result.

    Raises:
        TypeError: an option does not exist.
        BadArgumentError: an option has a value that it cannot have.
    """
    if not kwargs:
        return None
    found = config_class.of(dict(kwargs))
    kwargs.clear()
    return found


def _check_configuration(config: object) -> Configuration | None:
    if config is not None and not isinstance(config, Configuration):
        raise BadArgumentError(f"config argument should be Configuration ({config!r})")
    return config


def _check_number(name: str, value: object) -> None:
    if value is None:
        return
    if not isinstance(value, int | float):
        raise BadArgumentError(f"{name} argument should be int/long/float ({value!r})")
    if not value > 0:  # NaN, too
        raise BadArgumentError(f"{name} argument should be > 0 ({value!r})")


def _check_flag(name: str, value: object) -> None:
    if value is not None and not isinstance(value, bool):
        raise BadArgumentError(f"{name} argument should be bool ({value!r})")
