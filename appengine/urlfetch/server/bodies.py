"""The content of an answer: decoded if it is compressed, and never more than may be returned."""

import zlib
from collections.abc import Iterable

from appengine.urlfetch.service import MAX_RESPONSE, MalformedReplyError

GZIP = frozenset({"gzip", "x-gzip"})
WINDOW = 16 + zlib.MAX_WBITS
"""Tells zlib that what comes is gzip. Source: zlib's manual, `inflateInit2`."""


def read_content(pieces: Iterable[bytes], encoding: str) -> tuple[bytes, bool]:
    """Returns at most `MAX_RESPONSE` bytes of content, and whether there was more.

    What is over the limit is neither read nor decoded, however much it would become.

    Raises:
        MalformedReplyError: it is said to be gzip and is not.
    """
    content = bytearray()
    decoded = _decode(pieces) if is_gzip(encoding) else pieces
    for piece in decoded:
        content += piece
        if len(content) > MAX_RESPONSE:
            return bytes(content[:MAX_RESPONSE]), True
    return bytes(content), False


def is_gzip(encoding: str) -> bool:
    """Returns whether a Content-Encoding is the one that fetches ask for."""
    return encoding.strip().lower() in GZIP


def _decode(pieces: Iterable[bytes]) -> Iterable[bytes]:
    decoder = zlib.decompressobj(WINDOW)
    is_begun = False
    try:
        for piece in pieces:
            data = piece
            while data:
                if decoder.eof:  # one file of gzip behind another
                    if not data.strip(b"\0"):
                        return
                    decoder = zlib.decompressobj(WINDOW)
                is_begun = True
                yield decoder.decompress(data, 2**16)
                data = decoder.unconsumed_tail or decoder.unused_data
        while is_begun and not decoder.eof and (rest := decoder.decompress(b"", 2**16)):
            yield rest
    except zlib.error as error:
        sentence = f"the content is not the gzip that it is said to be: {error}"
        raise MalformedReplyError(sentence) from error
    if is_begun and not decoder.eof:
        raise MalformedReplyError("the compressed content ends too early")
