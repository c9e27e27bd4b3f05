"""The platform's own cookies, which no application may see or set."""

PLATFORM_PREFIXES = ("appengine_", "dev_appserver_login", "acsid", "sacsid")
"""How their names begin, in lower case: some browsers compare a name's prefix that way."""

_BROWSER_PREFIXES = ("__host-http-", "__host-", "__secure-", "__http-")


def cookie_name(pair: str) -> str:
    """Returns the name, in lower case, in `NAME=VALUE`, or in a whole Set-Cookie value.

    A browser sends a cookie without a name, `=NAME=VALUE`, back as `NAME=VALUE`: so its name is
    the one that it pretends to have.
    """
    return pair.partition(";")[0].lstrip("= \t").partition("=")[0].strip().lower()


def is_platform_cookie(pair: str) -> bool:
    """Whether `NAME=VALUE`, or a whole Set-Cookie value, is a cookie of the platform."""
    name = cookie_name(pair)
    for prefix in _BROWSER_PREFIXES if name.startswith("__") else ():
        name = name.removeprefix(prefix)
    return name.startswith(PLATFORM_PREFIXES)
