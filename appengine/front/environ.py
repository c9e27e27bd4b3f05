"""What an application sees of a request: CGI's variables, the platform's, the client's headers.

Source: App Engine, "The Environment" and "Request headers"; RFC 3875.
"""

from collections.abc import Mapping
from zlib import crc32

from appengine.config.app_yaml import ApplicationConfig
from appengine.config.cookies import is_platform_cookie
from appengine.rpc.callers import Caller

SERVER_SOFTWARE = "Development/2.0"
"""Source: App Engine, "The Environment", `SERVER_SOFTWARE` on the development server."""

MEMORY_MB = {"1": 256, "2": 512, "4": 1024, "4_1G": 2048, "8": 2048}
"""Memory of an instance by the class's digits. Source: App Engine, "Instance classes"."""

UNKNOWN_PLACE = {
    "HTTP_X_APPENGINE_CITY": "?",
    "HTTP_X_APPENGINE_CITYLATLONG": "0.000000,0.000000",
    "HTTP_X_APPENGINE_COUNTRY": "ZZ",
    "HTTP_X_APPENGINE_REGION": "?",
}
"""Where an address is that App Engine knows no place of: here each is one.

Source: App Engine, "Request headers", `X-AppEngine-Country` and those that follow it.
"""

API_HOST, API_PORT = "appengine.googleapis.internal", "10001"
"""Where other SDKs look for services; nobody is there: `google.appengine` asks the front.

Source: App Engine, Python 3 SDK, `default_api_stub`.
"""

_CGI = ("REQUEST_METHOD PATH_INFO QUERY_STRING CONTENT_TYPE SERVER_PROTOCOL REMOTE_ADDR").split()

_DROPPED_REQUEST = frozenset(
    (
        "ACCEPT_ENCODING CONNECTION CONTENT_LENGTH CONTENT_TYPE EXPECT FORWARDED HOST "
        "HTTP2_SETTINGS KEEP_ALIVE PROXY PROXY_AUTHENTICATE PROXY_AUTHORIZATION PROXY_CONNECTION "
        "TE TRAILER TRANSFER_ENCODING UPGRADE X_CLOUD_TRACE_CONTEXT X_REAL_IP"
    ).split()
)
"""Request headers that end at the front: of the connection, or claims that only we may make.

`HTTP_PROXY` would be taken for a proxy's address by libraries that read the environment.
"""

_SPOOFABLE = ("X_APPENGINE", "X_GOOGLE", "X_FORWARDED")
"""How the headers begin that the platform states, so that nobody else may."""


def version_environ(
    config: ApplicationConfig,
    *,
    minor: str,
    port: int,
    auth_domain: str = "gmail.com",
    variables: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Returns the variables that are the same for all requests of a version.

    Args:
        config: of the version.
        minor: what App Engine puts behind the version: digits that grow with each deployment.
        port: on which the version is reached.
        auth_domain: of users who state none.
        variables: added to those of app.yaml, which they replace.

    """
    module = "" if config.module == "default" else f"{config.module}:"
    found = config.env_variables | dict(variables or {})
    found |= {
        "APPENGINE_RUNTIME": config.runtime,
        "APPLICATION_ID": f"dev~{config.application}",
        "AUTH_DOMAIN": auth_domain,
        "BACKEND_ID": "",  # backends have become modules
        "CURRENT_MODULE_ID": config.module,
        "CURRENT_VERSION_ID": f"{module}{config.version}.{minor}",
        "DATACENTER": "us1",
        "SERVER_SOFTWARE": SERVER_SOFTWARE,
        "TZ": "UTC",
    }
    return found if config.is_classic else found | _modern_version(config, minor, port)


def _modern_version(config: ApplicationConfig, minor: str, port: int) -> dict[str, str]:
    return {
        "API_HOST": API_HOST,
        "API_PORT": API_PORT,
        "GAE_APPLICATION": f"dev~{config.application}",
        "GAE_DEPLOYMENT_ID": minor,
        "GAE_ENV": "standard",
        "GAE_MEMORY_MB": str(MEMORY_MB[config.instance_class[1:]]),
        "GAE_RUNTIME": config.runtime,
        "GAE_SERVICE": config.module,
        "GAE_VERSION": config.version,
        "GOOGLE_CLOUD_PROJECT": config.application,
        "PORT": str(port),
    }


def request_environ(
    environ: Mapping[str, object],
    caller: Caller,
    version: Mapping[str, str],
    *,
    body_length: int,
    internal: Mapping[str, str] | None = None,
    default_host: str = "",
) -> dict[str, str]:
    """Returns all variables that an application sees during a request.

    Args:
        environ: the server's own, of WSGI; only what CGI knows of it goes on.
        caller: who and what the request is for, by the front's own knowledge.
        version: from `version_environ`.
        body_length: bytes of the body, however the client sent it.
        internal: headers that the platform adds: `{"X-AppEngine-Cron": "true"}`.
        default_host: host and port of the application's first module; "" is the caller's own.
    """
    found = dict(version)
    found |= {name: str(environ.get(name, "")) for name in _CGI}
    found |= _client_headers(environ)
    found |= _address(caller) | _identity(caller, version["AUTH_DOMAIN"])
    if default_host:
        found["DEFAULT_VERSION_HOSTNAME"] = default_host
    if body_length or environ.get("CONTENT_LENGTH"):
        found["CONTENT_LENGTH"] = str(body_length)
    found |= _platform_headers(found, is_modern="GAE_ENV" in version)
    for name, value in (internal or {}).items():
        found["HTTP_" + name.upper().replace("-", "_")] = value
    return found


def _client_headers(environ: Mapping[str, object]) -> dict[str, str]:
    dropped = _DROPPED_REQUEST
    if connection := str(environ.get("HTTP_CONNECTION", "")):
        names = (name.strip().upper().replace("-", "_") for name in connection.split(","))
        dropped = dropped.union(names)
    found = {}
    for key, value in environ.items():
        if key.startswith("HTTP_"):
            name = key[5:].upper().replace("-", "_")
            if name not in dropped and not name.startswith(_SPOOFABLE):
                found[f"HTTP_{name}"] = str(value)
    return _without_platform_cookies(found)


def _without_platform_cookies(found: dict[str, str]) -> dict[str, str]:
    if "HTTP_COOKIE" in found:
        pairs = [pair.strip() for pair in found.pop("HTTP_COOKIE").split(";")]
        kept = [pair for pair in pairs if pair and not is_platform_cookie(pair)]
        if kept:
            found["HTTP_COOKIE"] = "; ".join(kept)
    return found


def _address(caller: Caller) -> dict[str, str]:
    default_port = "443" if caller.scheme == "https" else "80"
    name, _, port = caller.host.rpartition(":")
    if not port.isdecimal():  # `example.com`, `[::1]`
        name, port = caller.host, default_port
    return {
        "DEFAULT_VERSION_HOSTNAME": caller.host,
        "HTTPS": "on" if caller.scheme == "https" else "off",
        "HTTP_HOST": caller.host,
        "SCRIPT_NAME": "",
        "SERVER_NAME": name,
        "SERVER_PORT": port,
    }


def _identity(caller: Caller, auth_domain: str) -> dict[str, str]:
    return {
        "FEDERATED_IDENTITY": "",  # OpenID has gone
        "FEDERATED_PROVIDER": "",
        "REQUEST_ID_HASH": f"{crc32(caller.request_id.encode()):08X}",
        "REQUEST_LOG_ID": caller.request_id,
        "USER_EMAIL": caller.user_email,
        "USER_ID": caller.user_id,
        "USER_IS_ADMIN": "1" if caller.user_is_admin else "0",
        "USER_NICKNAME": caller.user_email.removesuffix(f"@{auth_domain}"),
        "USER_ORGANIZATION": "",
    }


def _platform_headers(found: Mapping[str, str], *, is_modern: bool) -> dict[str, str]:
    log_id = found["REQUEST_LOG_ID"]
    headers = UNKNOWN_PLACE | {
        "HTTP_X_APPENGINE_REQUEST_LOG_ID": log_id,
        "HTTP_X_APPENGINE_USER_IP": found["REMOTE_ADDR"],
        "HTTP_X_CLOUD_TRACE_CONTEXT": f"{log_id}/{crc32(log_id.encode())};o=1",
    }
    if not is_modern:
        return headers
    copied = (
        "AUTH_DOMAIN DATACENTER DEFAULT_VERSION_HOSTNAME HTTPS REQUEST_ID_HASH REQUEST_LOG_ID "
        "USER_EMAIL USER_ID USER_IS_ADMIN USER_NICKNAME USER_ORGANIZATION REMOTE_ADDR"
    ).split()
    headers |= {f"HTTP_X_APPENGINE_{name}": found[name] for name in copied}
    scheme = "https" if found["HTTPS"] == "on" else "http"
    return headers | {
        "HTTP_X_FORWARDED_FOR": found["REMOTE_ADDR"],
        "HTTP_X_FORWARDED_PROTO": scheme,
    }
