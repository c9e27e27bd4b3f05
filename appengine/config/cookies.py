"""The names of the platform's own cookies, which no application may see or set."""

PLATFORM_COOKIES = frozenset(
    ("acsid", "sacsid", "dev_appserver_login", "__host-appengine_login", "__host-appengine_console")
)
"""In lower case, as some browsers compare the prefix of a name."""


def cookie_name(set_cookie: str) -> str:
    """Returns the name, in lower case, that the value of a Set-Cookie header sets."""
    return set_cookie.partition(";")[0].partition("=")[0].strip().lower()
