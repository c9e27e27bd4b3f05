"""URL handlers: what `handlers:` of app.yaml states, and what the front is given to act upon."""

import re
from typing import Annotated, Literal

from msgspec import Meta, Struct, structs

from appengine.config.building import Ignored, Section
from appengine.config.errors import InvalidFieldError, shown
from appengine.config.http_headers import check_http_headers
from appengine.config.patterns import Pattern, Regex, UrlPattern, check_template, literal
from appengine.config.values import Duration

Login = Literal["optional", "required", "admin"]
AuthFailAction = Literal["redirect", "unauthorized"]
Secure = Literal["default", "optional", "never", "always"]
RedirectCode = Literal["301", "302", "303", "307"]

STATIC_KEYS = (
    "upload expiration mime_type http_headers require_matching_file application_readable"
).split()
"""Keys that only handlers of static files may have."""

_FilePath = Annotated[str, Meta(min_length=1, max_length=256)]
_MimeType = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9!#$&^_.+-]{1,127}/[A-Za-z0-9!#$&^_.+-]{1,127}( *; *[ -~]{1,200})?\Z",
        description="a MIME type such as 'text/css'",
    ),
]
_SPECIAL = re.compile(r"[\\^$*+?()\[\]{}|]")


class HandlerSection(Section, frozen=True, kw_only=True):
    """One entry of `handlers:`, as written.

    Source: App Engine, "app.yaml", handlers.
    """

    url: UrlPattern
    script: _FilePath | None = None
    static_dir: _FilePath | None = None
    static_files: _FilePath | None = None
    upload: Pattern | None = None
    expiration: Duration | None = None
    mime_type: _MimeType | None = None
    http_headers: dict[str, str] | None = None
    require_matching_file: bool | None = None
    application_readable: bool | None = None
    login: Login = "optional"
    auth_fail_action: AuthFailAction = "redirect"
    secure: Secure = "default"
    redirect_http_response_code: RedirectCode = "302"
    position: Literal["head", "tail"] | None = None
    api_endpoint: Annotated[object, Ignored("Endpoints are not served")] = None

    def __post_init__(self) -> None:
        """Checks what the keys say together; raises InvalidFieldError."""
        kinds = [key for key in ("script", "static_dir", "static_files") if getattr(self, key)]
        if not kinds:
            raise ValueError("one of 'script', 'static_dir' and 'static_files' is missing")
        if len(kinds) > 1:
            raise InvalidFieldError(kinds[1], f"the handler has {kinds[0]!r} already; one of them")
        if self.script is not None:
            self._check_script(self.script)
        if self.static_dir is not None:
            self._check_static_dir(self.static_dir)
        if self.static_files is not None:
            self._check_static_files(self.static_files)
        self._check_headers()

    def _check_script(self, script: str) -> None:
        for key in STATIC_KEYS:
            if getattr(self, key) is not None:
                raise InvalidFieldError(key, "only handlers of static files may have this key")
        _check_path("script", script.removeprefix("$PYTHON_LIB/"))
        _check_groups("script", script, self.url)

    def _check_static_dir(self, static_dir: str) -> None:
        if self.upload is not None:
            raise InvalidFieldError("upload", "only handlers with 'static_files' may have this key")
        if found := _SPECIAL.search(self.url):
            text = (
                f"{shown(self.url)} has {found[0]!r}: with 'static_dir' the url is a plain prefix"
            )
            raise InvalidFieldError("url", text)
        if "\\" in static_dir:
            raise InvalidFieldError("static_dir", f"{shown(static_dir)} has a back-reference")
        _check_path("static_dir", static_dir)

    def _check_static_files(self, static_files: str) -> None:
        if self.upload is None:
            raise ValueError(
                "the key 'upload' is missing: it says which files 'static_files' means"
            )
        _check_path("static_files", static_files)
        _check_groups("static_files", static_files, self.url)

    def _check_headers(self) -> None:
        headers = self.http_headers or {}
        check_http_headers(headers)
        names = {name.lower(): name for name in headers}
        if self.mime_type and "content-type" in names:
            text = "the handler has 'mime_type' already; one of them"
            raise InvalidFieldError(f"http_headers.{names['content-type']}", text)


class Handler(Struct, frozen=True, kw_only=True):
    """One URL handler, checked and complete.

    Attributes:
        url: the expression that the whole path matches.
        field: where it stands, `handlers[2]`, and in which file and line.
    """

    url: str
    source: str = "app.yaml"
    line: int = 1
    field: str = ""
    login: Login = "optional"
    auth_fail_action: AuthFailAction = "redirect"
    secure: Secure = "default"
    redirect_status: int = 302


class ScriptHandler(Handler, frozen=True, kw_only=True, tag="script"):
    """Requests that an instance answers.

    Attributes:
        script: a CGI file or a dotted WSGI object, both with back-references, or `auto`.
    """

    script: str

    @property
    def is_cgi(self) -> bool:
        """Whether the script is a file that is run, not a WSGI object that is called."""
        return self.script.endswith(".py")


class StaticHandler(Handler, frozen=True, kw_only=True, tag="static"):
    """Requests that the front answers with files.

    Attributes:
        file: the path in the application, with back-references to the groups of `url`.
        upload: the expression that the file's whole path must match; "" for every file.
        expiration_seconds: None where app.yaml states nothing, also no default.
        mime_type: "" where the file's extension decides.
    """

    file: str
    upload: str = ""
    expiration_seconds: int | None = None
    mime_type: str = ""
    http_headers: dict[str, str] = {}
    require_matching_file: bool = False
    application_readable: bool = False


AnyHandler = ScriptHandler | StaticHandler


def make_handler(
    section: HandlerSection, *, source: str, line: int, field: str, default_expiration: int | None
) -> AnyHandler:
    """Returns the handler that an entry of a file states; `source` and so on say where it stands.

    All values are plain texts and numbers, so a handler goes over any wire.
    """
    script = section.script
    made = _static(section, default_expiration) if script is None else _script(section, script)
    return structs.replace(
        made,
        source=source,
        line=line,
        field=field,
        login=section.login,
        auth_fail_action=section.auth_fail_action,
        secure=section.secure,
        redirect_status=int(section.redirect_http_response_code),
    )


def _script(section: HandlerSection, script: str) -> AnyHandler:
    return ScriptHandler(url=str(section.url), script=script)


def _static(section: HandlerSection, default_expiration: int | None) -> AnyHandler:
    url, file = str(section.url), section.static_files or ""
    if section.static_dir is not None:
        url = literal(section.url.rstrip("/")) + "/(.*)"
        file = section.static_dir.rstrip("/") + "/\\1"
    expiration = default_expiration if section.expiration is None else section.expiration
    return StaticHandler(
        url=url,
        file=file,
        upload=str(section.upload or ""),
        expiration_seconds=None if expiration is None else int(expiration),
        mime_type=section.mime_type or "",
        http_headers=section.http_headers or {},
        require_matching_file=bool(section.require_matching_file),
        application_readable=bool(section.application_readable),
    )


def _check_path(field: str, path: str) -> None:
    if path.startswith("/") or ".." in path.split("/"):
        raise InvalidFieldError(field, f"{shown(path)} leads out of the application's directory")
    if not path.isprintable():
        raise InvalidFieldError(field, f"{shown(path)} is no path of a file")


def _check_groups(field: str, template: str, url: str) -> None:
    try:
        check_template(template, Regex(url))
    except ValueError as error:
        raise InvalidFieldError(field, str(error)) from error
