"""Forms with files: `multipart/form-data`, read in memory, for an instance has no disk.

Source: RFC 7578; RFC 2046, section 5.1.
"""

import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from appengine.webapp.errors import MalformedRequestError
from appengine.webapp.forms import MAX_FIELDS, Fields, Upload

MAX_BOUNDARY = 200
"""Characters. RFC 2046 allows 70; some clients make longer ones."""

MAX_PART_HEADERS = 16_384
"""Bytes of headers of one part."""

_PARAMETER = re.compile(r';\s*([\w!#$%&\'*+.^`|~-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;\s]*)')
_EXTENDED = re.compile(r"([\w-]+)'[\w-]*'(.*)")


def parse_multipart(body: bytes, content_type: str, charset: str) -> Fields[str | Upload]:
    """Returns the fields of a form; those that carry a file's name are `Upload`s.

    A file field that was left empty has the value `""`.

    Raises:
        MalformedRequestError: the body is not what its Content-Type says, is cut short, or has
            more than 10,000 parts.
    """
    boundary = parse_parameters(content_type).get("boundary", "")
    if not 1 <= len(boundary) <= MAX_BOUNDARY or not boundary.isascii():
        raise MalformedRequestError(
            f"multipart form with boundary {boundary!r}: needs 1 to {MAX_BOUNDARY} characters"
        )
    fields: list[tuple[str, str | Upload]] = []
    for part in split_parts(body, boundary.encode("ascii")):
        if len(fields) == MAX_FIELDS:
            raise MalformedRequestError(f"multipart form of more than {MAX_FIELDS} parts")
        fields.append(_parse_part(part, charset))
    return Fields(fields)


def split_parts(body: bytes, boundary: bytes) -> Iterator[memoryview]:
    """Yields each part of a multipart body, headers and content, without copying it.

    Raises:
        MalformedRequestError: the closing boundary is missing.
    """
    # It begins with literal text, which the engine finds ten times faster than a choice.
    delimiter = re.compile(b"--" + re.escape(boundary) + rb"(--)?[ \t]*(?=\r\n|\Z)")
    view, start = memoryview(body), -1
    for found in delimiter.finditer(body):
        if not body.endswith(b"\r\n", 0, found.start()) and found.start() > 0:
            continue  # in the middle of a line
        if start >= 0:
            yield view[start : found.start() - 2]
        if found.group(1):
            return
        start = found.end() + 2  # behind the line end
    raise MalformedRequestError(f"multipart form without its closing boundary {boundary!r}")


def parse_parameters(header: str) -> dict[str, str]:
    """Returns the parameters of a header such as Content-Type, by lower-case name."""
    return {name.lower(): _unquote(value) for name, value in _PARAMETER.findall(header)}


def _unquote(value: str) -> str:
    r"""Returns a parameter's value without quotes and the backslashes that only quote a quote.

    Old browsers send `filename="C:\folder\file"` with bare backslashes, so others stay.
    """
    if not value.startswith('"'):
        return value
    return value[1:-1].replace('\\"', '"')


def _parse_part(part: memoryview, charset: str) -> tuple[str, str | Upload]:
    head, content = _split_head(part)
    headers = _parse_headers(head)
    disposition = headers.get("content-disposition", "")
    parameters = parse_parameters(disposition)
    if not disposition.lower().startswith("form-data") or "name" not in parameters:
        raise MalformedRequestError(f"part of a form with Content-Disposition {disposition!r}")
    name, filename = parameters["name"], _find_filename(parameters)
    if filename:
        return name, Upload(name, filename, headers, content)
    own = parse_parameters(headers.get("content-type", "")).get("charset", charset)
    try:
        return name, str(content, own, "replace")
    except LookupError:
        raise MalformedRequestError(f"form field {name!r} in unknown charset {own!r}") from None


def _split_head(part: memoryview) -> tuple[bytes, memoryview]:
    start = bytes(part[: MAX_PART_HEADERS + 4])
    if start.startswith(b"\r\n"):  # no header at all
        return b"", part[2:]
    end = start.find(b"\r\n\r\n")
    if end < 0:
        raise MalformedRequestError(
            f"part of a form without an empty line in its first {MAX_PART_HEADERS} bytes"
        )
    return start[:end], part[end + 4 :]


def _parse_headers(head: bytes) -> dict[str, str]:
    unfolded = re.sub(r"\r\n[ \t]+", " ", head.decode("utf-8", "replace"))
    pairs = [line.partition(":") for line in unfolded.split("\r\n")]
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _find_filename(parameters: dict[str, str]) -> str:
    """Returns `filename*` where a client sends it (RFC 5987), else `filename`."""
    if (extended := _EXTENDED.fullmatch(parameters.get("filename*", ""))) is not None:
        charset, text = extended.groups()
        try:
            return unquote_to_bytes(text).decode(charset, "replace")
        except LookupError:
            return text
    return parameters.get("filename", "")
