"""What the front knows of modules: the table of routes, and the supervisor's word on instances."""

from appengine.modules.service import (
    CountResponse,
    HostnameRequest,
    HostnameResponse,
    InvalidInstancesError,
    InvalidModuleError,
    InvalidVersionError,
    ModulesService,
    NamesRequest,
    NamesResponse,
    Nothing,
    SetCountRequest,
    TransientError,
    UnexpectedStateError,
    VersionRequest,
)
from appengine.rpc.internal import ModuleState, Served
from appengine.rpc.server import Server


class ModulesServer(Server, ModulesService):
    """Answers for the calling application's own modules."""

    def names(self, request: NamesRequest) -> NamesResponse:
        """Returns the names of the application's modules."""
        names = dict.fromkeys(each.module for each in self._served())
        return NamesResponse(names=tuple(sorted(names, key=lambda name: name != "default")))

    def versions(self, request: NamesRequest) -> NamesResponse:
        """Returns the names of a module's versions; here each has one."""
        return NamesResponse(names=(self._find(request.module).version,))

    def count(self, request: VersionRequest) -> CountResponse:
        """Returns how many instances a version with manual scaling has."""
        return CountResponse(instances=self._state(request.module, request.version).instances)

    def set_count(self, request: SetCountRequest) -> Nothing:
        """Changes how many instances a version with manual scaling has."""
        state = self._state(request.module, request.version)
        wanted = state.stated if request.instances is None else request.instances
        name = f"module {state.module!r}, version {state.version!r}"
        if request.instances is None and state.instances:
            raise UnexpectedStateError(f"{name} is already started")
        if request.instances == 0 and not state.instances:
            raise UnexpectedStateError(f"{name} is already stopped")
        try:
            self.resources.applications.set_instances(self.caller.application, state.module, wanted)
        except OSError as error:
            raise TransientError(f"{name} could not be changed: {error}") from error
        return Nothing()

    def hostname(self, request: HostnameRequest) -> HostnameResponse:
        """Returns where a version is reached; all its instances are at one address."""
        served = self._find(request.module)
        self._check_version(served, request.version)
        if request.instance:
            state = self._state(request.module, request.version, InvalidInstancesError)
            number = request.instance
            if not (number.isascii() and number.isdigit() and int(number) < state.instances):
                raise InvalidInstancesError(
                    f"module {state.module!r} has no instance {number!r}; "
                    f"there are {state.instances}"
                )
        return HostnameResponse(hostname=served.host)

    def _served(self) -> list[Served]:
        application = self.caller.application
        served = self.resources.applications.served()
        return [each for each in served if each.application == application]

    def _find(self, module: str) -> Served:
        wanted = module or self.caller.module
        for each in self._served():
            if each.module == wanted:
                return each
        if wanted == self.caller.module:  # it answers /_ah/start, and is not yet reached
            caller = self.caller
            return Served(caller.application, wanted, caller.host, version=caller.version)
        names = ", ".join(each.module for each in self._served())
        raise InvalidModuleError(f"there is no module {wanted!r}; there are: {names}")

    def _check_version(self, served: Served, version: str) -> None:
        if version and version != served.version:
            raise InvalidVersionError(
                f"module {served.module!r} has no version {version!r}, only {served.version!r}"
            )

    def _state(
        self, module: str, version: str, error: type[Exception] = InvalidVersionError
    ) -> ModuleState:
        """Returns a version's numbers, if they are the application's to say."""
        try:
            served = self._find(module)
        except InvalidModuleError as missing:
            raise InvalidVersionError(str(missing)) from missing
        self._check_version(served, version)
        try:
            state = self.resources.applications.state(self.caller.application, served.module)
        except OSError as failure:
            raise TransientError(f"the supervisor does not answer: {failure}") from failure
        if state.scaling != "manual":
            raise error(
                f"module {served.module!r} has {state.scaling} scaling: its instances are not "
                "stated, nor told apart"
            )
        return state
