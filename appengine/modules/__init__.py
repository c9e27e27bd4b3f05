"""Modules: the parts of an application, their versions and instances."""

from appengine.modules.client import (
    get_current_instance_id,
    get_current_module_name,
    get_current_version_name,
    get_default_version,
    get_hostname,
    get_modules,
    get_num_instances,
    get_versions,
    set_num_instances,
    set_num_instances_async,
    start_version,
    start_version_async,
    stop_version,
    stop_version_async,
)
from appengine.modules.service import (
    Error,
    InvalidInstancesError,
    InvalidModuleError,
    InvalidVersionError,
    TransientError,
    UnexpectedStateError,
)

__all__ = [
    "Error",
    "InvalidInstancesError",
    "InvalidModuleError",
    "InvalidVersionError",
    "TransientError",
    "UnexpectedStateError",
    "get_current_instance_id",
    "get_current_module_name",
    "get_current_version_name",
    "get_default_version",
    "get_hostname",
    "get_modules",
    "get_num_instances",
    "get_versions",
    "set_num_instances",
    "set_num_instances_async",
    "start_version",
    "start_version_async",
    "stop_version",
    "stop_version_async",
]
