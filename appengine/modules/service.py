"""Modules: the parts that an application is deployed in, their versions and instances.

Source: App Engine, "Modules" (`google.appengine.api.modules`).
"""

from typing import Annotated

from msgspec import Meta

from appengine.rpc.service import ApplicationError, Message, Service, call

MAX_INSTANCES = 1000
MAX_NAME = 100
Name = Annotated[str, Meta(max_length=MAX_NAME)]


class Error(ApplicationError):
    """Base of the errors of modules."""


class InvalidModuleError(Error):
    """The application has no such module."""


class InvalidVersionError(Error):
    """The module has no such version, or one whose scaling has no fixed number of instances."""


class InvalidInstancesError(Error):
    """There is no such instance, or no such number of them."""


class UnexpectedStateError(Error):
    """The version has been started, or stopped, already."""


class TransientError(Error):
    """The change could not be made now; it may be tried again."""


ERRORS = (
    InvalidModuleError,
    InvalidVersionError,
    InvalidInstancesError,
    UnexpectedStateError,
    TransientError,
)


class NamesRequest(Message):
    """The names of the application's modules, or of one module's versions, are asked for."""

    module: Name = ""


class NamesResponse(Message):
    """The names."""

    names: tuple[str, ...]


class VersionRequest(Message):
    """A version of a module; "" is that of the request itself."""

    module: Name = ""
    version: Name = ""


class CountResponse(Message):
    """How many instances a version is to have."""

    instances: int


class SetCountRequest(Message):
    """How many instances a version shall have; None: what its app.yaml says."""

    instances: Annotated[int, Meta(ge=0, le=MAX_INSTANCES)] | None
    module: Name = ""
    version: Name = ""


class Nothing(Message):
    """It is done."""


class HostnameRequest(Message):
    """The address of a version, or of one of its instances."""

    module: Name = ""
    version: Name = ""
    instance: Name = ""


class HostnameResponse(Message):
    """A host name, with the port where it is not the usual one."""

    hostname: str


class ModulesService(Service, name="modules", aliases=("google.appengine.api.modules",)):
    """The application's modules.

    Source: App Engine, "Modules" (`google.appengine.api.modules`).
    """

    @call(errors=ERRORS)
    def names(self, request: NamesRequest) -> NamesResponse:
        """Returns the names of the application's modules."""

    @call(errors=ERRORS)
    def versions(self, request: NamesRequest) -> NamesResponse:
        """Returns the names of a module's versions."""

    @call(errors=ERRORS)
    def count(self, request: VersionRequest) -> CountResponse:
        """Returns how many instances a version with manual scaling has."""

    @call(errors=ERRORS)
    def set_count(self, request: SetCountRequest) -> Nothing:
        """Changes how many instances a version with manual scaling has."""

    @call(errors=ERRORS)
    def hostname(self, request: HostnameRequest) -> HostnameResponse:
        """Returns where a version, or one of its instances, is reached."""
