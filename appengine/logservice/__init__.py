"""Logs: the lines of the open request, and the records of earlier ones."""

from appengine.logservice.client.buffering import (
    AUTOFLUSH_ENABLED,
    AUTOFLUSH_EVERY_BYTES,
    AUTOFLUSH_EVERY_LINES,
    AUTOFLUSH_EVERY_SECONDS,
    LogsBuffer,
    autoflush,
    cleanup_message,
    clear,
    flush,
    flush_time,
    log_buffer_age,
    log_buffer_bytes,
    log_buffer_contents,
    log_buffer_lines,
    logs_buffer,
    write,
    write_record,
)
from appengine.logservice.client.fetching import fetch, get_calls
from appengine.logservice.client.requests import AppLog, RequestLog
from appengine.logservice.service import CRITICAL as LOG_LEVEL_CRITICAL
from appengine.logservice.service import DEBUG as LOG_LEVEL_DEBUG
from appengine.logservice.service import ERROR as LOG_LEVEL_ERROR
from appengine.logservice.service import INFO as LOG_LEVEL_INFO
from appengine.logservice.service import (
    MAX_ITEMS_PER_FETCH,
    Error,
    InvalidArgumentError,
    TimeoutError,  # noqa: A004  # App Engine's name
)
from appengine.logservice.service import MODULE_ID_PATTERN as MODULE_ID_RE_STRING
from appengine.logservice.service import MODULE_VERSION_PATTERN as MODULE_VERSION_RE_STRING
from appengine.logservice.service import WARNING as LOG_LEVEL_WARNING

__all__ = [
    "AUTOFLUSH_ENABLED",
    "AUTOFLUSH_EVERY_BYTES",
    "AUTOFLUSH_EVERY_LINES",
    "AUTOFLUSH_EVERY_SECONDS",
    "LOG_LEVEL_CRITICAL",
    "LOG_LEVEL_DEBUG",
    "LOG_LEVEL_ERROR",
    "LOG_LEVEL_INFO",
    "LOG_LEVEL_WARNING",
    "MAX_ITEMS_PER_FETCH",
    "MODULE_ID_RE_STRING",
    "MODULE_VERSION_RE_STRING",
    "AppLog",
    "Error",
    "InvalidArgumentError",
    "LogsBuffer",
    "RequestLog",
    "TimeoutError",
    "autoflush",
    "cleanup_message",
    "clear",
    "fetch",
    "flush",
    "flush_time",
    "get_calls",
    "log_buffer_age",
    "log_buffer_bytes",
    "log_buffer_contents",
    "log_buffer_lines",
    "logs_buffer",
    "write",
    "write_record",
]
