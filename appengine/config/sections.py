"""The sections of app.yaml and of the files it includes, as they are written.

Source: App Engine, "app.yaml Configuration File".
"""

from typing import Annotated, Literal

from msgspec import Meta, field

from appengine.config.building import Ignored, Section
from appengine.config.errors import InvalidFieldError, shown
from appengine.config.handlers import HandlerSection
from appengine.config.library_versions import check_library
from appengine.config.patterns import Pattern
from appengine.config.scaling import AutomaticScaling, BasicScaling, ManualScaling
from appengine.config.values import Duration

MAX_HANDLERS = 100
"""Handlers of one file. Source: App Engine, "app.yaml", handlers."""

RESERVED_VERSIONS = ("default", "latest")
"""Versions that addresses use otherwise, besides all that start with `ah-`."""

DEFAULT_SKIP_FILES = r"(.*/)?((#.*#)|(.*~)|(.*\.py[co])|(.*/RCS/.*)|(\..*)|)"
"""Backups, compiled Python, RCS folders and dot files. Source: App Engine, `skip_files`."""

_OTHER_PLATFORM = Ignored("it belongs to another environment")
_Other = Annotated[object, _OTHER_PLATFORM]

ApplicationId = Annotated[
    str,
    Meta(
        pattern=r"^([a-z\d-]{1,100}~)?([a-z\d.-]{1,100}:)?[a-z\d][a-z\d-]{0,99}\Z",
        description="an application id: 1 to 100 lower-case letters, digits and hyphens",
    ),
]
Label = Annotated[
    str,
    Meta(
        pattern=r"^[a-z\d]([a-z\d-]{0,61}[a-z\d])?\Z",
        description="a name of 1 to 63 lower-case letters, digits and, inside, hyphens",
    ),
]
Runtime = Annotated[
    str,
    Meta(
        pattern=r"^(python|python27|python3\d{0,2})\Z",
        description="a runtime that is served: 'python', 'python27' or 'python3xx'",
    ),
]
Isolation = Literal["instance", "request"]
_ApiVersion = Annotated[
    str, Meta(pattern=r"^[\w.]{1,32}\Z", description="an API version such as '1'")
]
_Service = Literal[
    "mail",
    "mail_bounce",
    "xmpp_message",
    "xmpp_subscribe",
    "xmpp_presence",
    "xmpp_error",
    "channel_presence",
    "rest",
    "warmup",
]
InstanceClass = Literal["F1", "F2", "F4", "F4_1G", "B1", "B2", "B4", "B4_1G", "B8"]
Path = Annotated[str, Meta(min_length=1, max_length=256)]


class LibrarySection(Section, frozen=True, kw_only=True):
    """One entry of `libraries:`."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    version: Annotated[str, Meta(min_length=1, max_length=50)]

    def __post_init__(self) -> None:
        """Checks name and version; raises InvalidFieldError."""
        check_library(self.name, self.version)


class ErrorHandlerSection(Section, frozen=True, kw_only=True):
    """One entry of `error_handlers:`: the page for one kind of failure."""

    file: Path
    error_code: Literal["default", "over_quota", "dos_api_denial", "timeout"] = "default"
    mime_type: str = "text/html"


class ConsolePage(Section, frozen=True, kw_only=True):
    """One link in the Admin Console."""

    url: Annotated[str, Meta(min_length=1, max_length=500)]
    name: Annotated[str, Meta(min_length=1, max_length=100)]

    def __post_init__(self) -> None:
        """Checks that the link leads to a page: the console shows it to administrators."""
        if not self.url.startswith(("/", "http://", "https://")):
            raise InvalidFieldError("url", f"{shown(self.url)} is no path, nor a URL of http")


class AdminConsoleSection(Section, frozen=True, kw_only=True):
    """`admin_console:`: links that the application adds to the Admin Console."""

    pages: tuple[ConsolePage, ...] = ()


class PlatformSection(Section, frozen=True, kw_only=True):
    """`platform:`: what only this platform knows; App Engine's own files have no such key."""

    isolation: Isolation = "instance"


class SharedSection(Section, frozen=True, kw_only=True):
    """What app.yaml and the files that it includes may both state."""

    handlers: tuple[HandlerSection, ...] = ()
    builtins: tuple[dict[str, bool], ...] = ()
    includes: tuple[Path, ...] = ()
    skip_files: Pattern | tuple[Pattern, ...] | None = None
    env_variables: dict[str, str] = field(default_factory=dict)
    admin_console: AdminConsoleSection | None = None
    inbound_services: tuple[_Service, ...] = ()

    def __post_init__(self) -> None:
        """Checks what the keys say together; raises InvalidFieldError."""
        if len(self.handlers) > MAX_HANDLERS:
            text = f"{len(self.handlers)} handlers; at most {MAX_HANDLERS}"
            raise InvalidFieldError("handlers", text)
        for name in self.env_variables:
            if not name or "=" in name:
                raise InvalidFieldError(
                    "env_variables", f"{name!r} is no name of an environment variable"
                )


class IncludeSection(SharedSection, frozen=True, kw_only=True):
    """A file that app.yaml includes."""


class ApplicationSection(SharedSection, frozen=True, kw_only=True):
    """The whole of app.yaml, as written."""

    runtime: Runtime
    application: ApplicationId | None = None
    project: ApplicationId | None = None
    version: Label = "1"
    module: Label | None = None
    service: Label | None = None
    api_version: _ApiVersion | None = None
    threadsafe: bool | None = None
    entrypoint: Annotated[str, Meta(min_length=1, max_length=1000)] | None = None
    main: Annotated[object, Ignored("'entrypoint' names what is served")] = None
    instance_class: InstanceClass | None = None
    automatic_scaling: AutomaticScaling | None = None
    basic_scaling: BasicScaling | None = None
    manual_scaling: ManualScaling | None = None
    default_expiration: Duration | None = None
    error_handlers: tuple[ErrorHandlerSection, ...] = ()
    libraries: Annotated[
        tuple[LibrarySection, ...],
        Ignored("webapp2, webob and jinja2 are always there; name others in requirements.txt"),
    ] = ()
    app_engine_apis: Annotated[bool, Ignored("the services are always there")] = False
    auto_id_policy: Literal["default", "legacy"] = "default"
    platform: PlatformSection = PlatformSection()
    build_env_variables: Annotated[dict[str, str], Ignored("there is no build")] = field(
        default_factory=dict
    )
    code_lock: Annotated[bool, Ignored("no code can be downloaded")] = False
    nobuild_files: Annotated[Pattern | tuple[Pattern, ...], Ignored("there is no build")] = ()
    env: Annotated[Literal["standard", "flex", "flexible", "1", "2"], _OTHER_PLATFORM] = "standard"
    vm: Annotated[bool, _OTHER_PLATFORM] = False
    api_config: Annotated[object, Ignored("Endpoints are not served")] = None
    pagespeed: Annotated[object, Ignored("App Engine has ended it")] = None
    derived_file_type: _Other = None
    runtime_config: _Other = None
    runtime_channel: _Other = None
    vpc_access_connector: _Other = None
    vpc_access: _Other = None
    service_account: _Other = None
    endpoints_api_service: _Other = None
    network: _Other = None
    resources: _Other = None
    health_check: _Other = None
    liveness_check: _Other = None
    readiness_check: _Other = None
    beta_settings: _Other = None
    vm_settings: _Other = None
    zones: _Other = None
    standard_websocket: _Other = None
    source_language: _Other = None

    def __post_init__(self) -> None:
        """Checks what the keys say together; raises InvalidFieldError."""
        super().__post_init__()
        for new, old in (("project", "application"), ("service", "module")):
            if getattr(self, new) is not None and getattr(self, old) is not None:
                raise InvalidFieldError(new, f"it is another word for {old!r}; one of them")
        if self.version in RESERVED_VERSIONS or self.version.startswith("ah-"):
            raise InvalidFieldError("version", f"{self.version!r} is a reserved name")
        self._check_scaling()
        if self.is_classic:
            self._check_classic()

    def _check_scaling(self) -> None:
        kinds = ("automatic_scaling", "basic_scaling", "manual_scaling")
        stated = [kind for kind in kinds if getattr(self, kind) is not None]
        if len(stated) > 1:
            raise InvalidFieldError(stated[1], f"there is {stated[0]!r} already; one kind")
        letter = self.default_class[0]
        if self.instance_class is not None and self.instance_class[0] != letter:
            text = f"{self.instance_class!r}; this kind of scaling has classes {letter}1 and so on"
            raise InvalidFieldError("instance_class", text)

    @property
    def default_class(self) -> InstanceClass:
        """The class of instances where the file states none."""
        return "B2" if self.basic_scaling or self.manual_scaling else "F1"

    def _check_classic(self) -> None:
        if self.api_version is None:
            raise ValueError(f"the key 'api_version' is missing; runtime {self.runtime!r} needs it")
        if self.runtime == "python27" and self.threadsafe is None:
            raise ValueError("the key 'threadsafe' is missing; runtime 'python27' needs yes or no")
        if self.entrypoint is not None:
            raise InvalidFieldError("entrypoint", f"runtime {self.runtime!r} has scripts instead")

    @property
    def is_classic(self) -> bool:
        """Whether handlers name scripts (`python`, `python27`), not one entrypoint for all."""
        return self.runtime in ("python", "python27")
