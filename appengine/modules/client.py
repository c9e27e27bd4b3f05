"""Modules, as applications ask for them.

Source: App Engine, "Modules" (`google.appengine.api.modules`).
"""

import logging
import os

from appengine.modules.service import (
    MAX_INSTANCES,
    MAX_NAME,
    CountResponse,
    Error,
    HostnameRequest,
    HostnameResponse,
    InvalidInstancesError,
    InvalidModuleError,
    InvalidVersionError,
    ModulesService,
    NamesRequest,
    SetCountRequest,
    UnexpectedStateError,
    VersionRequest,
)
from appengine.rpc.client import begin, stub
from appengine.rpc.user_rpc import UserRPC

_modules = stub(ModulesService)


def _name(name: object, error: type[Error]) -> str:
    """Returns a name as the service takes it: "" is the request's own.

    Raises:
        error: it is no text, or longer than any module, version or number of an instance.
    """
    if name is None:
        return ""
    if not isinstance(name, str) or len(name) > MAX_NAME:
        raise error(f"a name is a text of at most {MAX_NAME} characters, not {name!r:.200}")
    return name


def get_current_module_name() -> str:
    """Returns the module that the request is for."""
    return os.environ.get("GAE_SERVICE") or os.environ["CURRENT_MODULE_ID"]


def get_current_version_name() -> str | None:
    """Returns the version that the request is for."""
    if version := os.environ.get("GAE_VERSION"):
        return version
    name = os.environ["CURRENT_VERSION_ID"].rpartition(":")[2].split(".")[0]
    return None if name == "None" else name


def get_current_instance_id() -> str | None:
    """Returns what the instance is called."""
    return os.environ.get("GAE_INSTANCE") or os.environ.get("INSTANCE_ID")


def get_modules() -> list[str]:
    """Returns the names of the application's modules."""
    return list(_modules.names(NamesRequest()).names)


def get_versions(module: str | None = None) -> list[str]:
    """Returns the names of a module's versions; by default of this one's.

    Raises:
        InvalidModuleError: there is no such module.
    """
    return list(_modules.versions(NamesRequest(module=_name(module, InvalidModuleError))).names)


def get_default_version(module: str | None = None) -> str:
    """Returns the version of a module that its address leads to.

    Raises:
        InvalidModuleError: there is no such module.
    """
    return get_versions(module)[0]


def get_num_instances(module: str | None = None, version: str | None = None) -> int:
    """Returns how many instances a version with manual scaling has.

    Raises:
        InvalidVersionError: there is no such version, or it scales by itself.
    """
    request = VersionRequest(
        module=_name(module, InvalidVersionError), version=_name(version, InvalidVersionError)
    )
    found: CountResponse = _modules.count(request)
    return found.instances


def set_num_instances(
    instances: int, module: str | None = None, version: str | None = None
) -> None:
    """Changes how many instances a version with manual scaling has.

    Raises:
        InvalidVersionError: there is no such version, or it scales by itself.
        InvalidInstancesError: it is not from 1 to 1000.
        TypeError: it is no integer.
    """
    set_num_instances_async(instances, module, version).get_result()


def set_num_instances_async(
    instances: int, module: str | None = None, version: str | None = None
) -> UserRPC[None]:
    """Starts `set_num_instances`."""
    if not isinstance(instances, int):
        raise TypeError(f"'instances' arg must be of type int, not {instances!r}")
    if not 1 <= instances <= MAX_INSTANCES:
        raise InvalidInstancesError(f"{instances} instances; from 1 to {MAX_INSTANCES}")
    return _set(int(instances), module, version)


def start_version(module: str, version: str) -> None:
    """Starts the instances of a version with manual scaling; nothing, where there are some.

    Raises:
        InvalidVersionError: there is no such version, or it scales by itself.
    """
    start_version_async(module, version).get_result()


def start_version_async(module: str, version: str) -> UserRPC[None]:
    """Starts `start_version`."""
    return _set(None, module, version)


def stop_version(module: str | None = None, version: str | None = None) -> None:
    """Stops the instances of a version with manual scaling; nothing, where there are none.

    Raises:
        InvalidVersionError: there is no such version, or it scales by itself.
    """
    stop_version_async(module, version).get_result()


def stop_version_async(module: str | None = None, version: str | None = None) -> UserRPC[None]:
    """Starts `stop_version`."""
    return _set(0, module, version)


def get_hostname(
    module: str | None = None, version: str | None = None, instance: str | int | None = None
) -> str:
    """Returns where a version is reached, with the port where it is not the usual one.

    Args:
        module: by default this one.
        version: by default that of the module.
        instance: of manual scaling: a number from 0 on.

    Raises:
        InvalidModuleError, InvalidVersionError: there is no such module or version.
        InvalidInstancesError: there is no such instance; TypeError: it is no number.
    """
    if instance is not None and not isinstance(instance, (str, int)):
        raise TypeError(f"'instance' arg must be of type str or int, not {instance!r}")
    request = HostnameRequest(
        module=_name(module, InvalidModuleError),
        version=_name(version, InvalidVersionError),
        instance="" if instance is None else _name(str(instance), InvalidInstancesError),
    )
    found: HostnameResponse = _modules.hostname(request)
    return found.hostname


def _set(instances: int | None, module: str | None, version: str | None) -> UserRPC[None]:
    request = SetCountRequest(
        instances=instances,
        module=_name(module, InvalidVersionError),
        version=_name(version, InvalidVersionError),
    )

    def result(rpc: UserRPC[None]) -> None:
        try:
            rpc.check_success()
        except UnexpectedStateError as error:
            logging.info("%s", error)

    rpc: UserRPC[None] = UserRPC("modules")
    rpc.follow(begin(_modules.set_count, request), "set_count", request, result)
    return rpc
