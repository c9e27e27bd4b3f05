"""A request's header fields where the server's library reads them otherwise than HTTP does.

Source: RFC 9112, section 3.2.2, and RFC 9113, section 8.2.3.
"""

from urllib.parse import urlsplit

Fields = list[tuple[str, str]]


def settle(fields: Fields, target: str) -> Fields:
    """Returns the fields with one Cookie, and with the Host of a target that names one.

    Args:
        fields: names in upper case, and values.
        target: of the request line: `/path`, or `http://example.com/path` of a client that takes
            the server for a proxy.
    """
    if not target.startswith("/") and (host := _host(target)):
        fields = [("HOST", host), *(field for field in fields if field[0] != "HOST")]
    cookies = [value for name, value in fields if name == "COOKIE"]
    if len(cookies) > 1:  # as a proxy sends them on from HTTP/2; a comma would be of the first one
        others = [field for field in fields if field[0] != "COOKIE"]
        fields = [*others, ("COOKIE", "; ".join(cookies))]
    return fields


def _host(target: str) -> str:
    """Returns host and port of an absolute target, or nothing."""
    try:
        return urlsplit(target).netloc.rpartition("@")[2]
    except ValueError:  # a bracket too many
        return ""
