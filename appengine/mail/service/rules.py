"""Rules of messages that both sides know: attachments, headers, what no line may hold.

Source: App Engine, `google.appengine.api.mail`: EXTENSION_BLACKLIST, EXTENSION_MIME_MAP,
HEADER_WHITELIST.
"""

import re
from email.utils import getaddresses

from appengine.mail.service.errors import InvalidAttachmentTypeError

EXTENSION_BLACKLIST = (
    "ade adp bat chm cmd com cpl exe hta ins isp jse lib mde msc msp mst pif scr sct shb sys vb "
    "vbe vbs vxd wsc wsf wsh"
).split()
"""Extensions of files that mail programs might execute."""

EXTENSION_MIME_MAP = {
    extension: mime_type
    for mime_type, extensions in {
        "application/msword": "doc docx",
        "application/pdf": "pdf",
        "application/vnd.google-earth.kml+xml": "kml",
        "application/vnd.google-earth.kmz": "kmz",
        "application/vnd.ms-excel": "xls xlsx",
        "application/vnd.ms-powerpoint": "pps ppt pptx",
        "application/vnd.oasis.opendocument.presentation": "odp",
        "application/vnd.oasis.opendocument.spreadsheet": "ods",
        "application/vnd.oasis.opendocument.text": "odt",
        "application/vnd.sun.xml.calc": "sxc",
        "application/vnd.sun.xml.writer": "sxw",
        "application/x-gzip": "gzip",
        "application/zip": "zip",
        "audio/basic": "au snd",
        "audio/flac": "flac",
        "audio/mid": "mid rmi",
        "audio/mp4": "m4a",
        "audio/mpeg": "mp3",
        "audio/ogg": "oga ogg",
        "audio/x-aiff": "aif aifc aiff",
        "audio/x-wav": "wav",
        "image/gif": "gif",
        "image/jpeg": "jpe jpeg jpg",
        "image/png": "png",
        "image/tiff": "tif tiff",
        "image/vnd.wap.wbmp": "wbmp",
        "image/webp": "webp",
        "image/x-ms-bmp": "bmp",
        "text/calendar": "ics",
        "text/css": "css",
        "text/csv": "csv",
        "text/directory": "vcf",
        "text/html": "htm html",
        "text/plain": "asc c diff log patch pot text txt",
        "text/rss+xml": "rss",
        "video/mp4": "mp4",
        "video/mpeg": "mpe mpeg mpg",
        "video/ogg": "ogv",
        "video/quicktime": "mov qt",
        "video/webm": "webm",
        "video/x-msvideo": "avi",
    }.items()
    for extension in extensions.split()
}
"""Types of files by their extensions."""

UNKNOWN_TYPE = "application/octet-stream"

HEADER_WHITELIST = frozenset(
    (
        "Auto-Submitted In-Reply-To List-Id List-Unsubscribe On-Behalf-Of References Resent-Date "
        "Resent-From Resent-To"
    ).split()
)
"""Headers that an application may state."""

ADDRESS = re.compile(
    r"[^\s@<>\x00-\x1f\x7f\"(),:;\[\\\]]{1,64}@[^\s@<>\x00-\x1f\x7f\"(),:;\[\\\]]+"
)
"""An address without display name: local part and domain."""


def mime_type_of(filename: str) -> str:
    """Returns the type of a file by its name.

    Raises:
        InvalidAttachmentTypeError: mail programs might execute such a file.
    """
    extension = filename.rpartition(".")[2].lower() if "." in filename else ""
    if extension in EXTENSION_BLACKLIST:
        raise InvalidAttachmentTypeError(
            f"{filename[:100]!r}: files that end in .{extension} may not be attached"
        )
    return EXTENSION_MIME_MAP.get(extension, UNKNOWN_TYPE)


def bare_address(text: str) -> str:
    """Returns the address in `Ann <ann@example.com>`, or "": there is not exactly one."""
    found = getaddresses([text])
    if len(found) != 1 or ADDRESS.fullmatch(found[0][1]) is None:
        return ""
    return found[0][1]


def holds_line_end(text: str) -> bool:
    """Returns whether a text would begin a new line in a message's head."""
    return any(character in text for character in "\r\n\0\v\f\x1c\x1d\x1e\x85\u2028\u2029")
