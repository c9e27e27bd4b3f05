"""Figures as people read them."""

from datetime import UTC, datetime

MINUTE, HOUR, DAY = 60, 3600, 86400
KIBI = 1024


def size(count: float) -> str:
    """Returns bytes in the largest unit that leaves one digit before the point: `1.5 MB`."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < KIBI or unit == "GB":
            break
        count /= KIBI
    return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"


def duration(seconds: float) -> str:
    """Returns seconds in the two largest units: `3 h 5 min`."""
    whole = max(0, int(seconds))
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min {whole % MINUTE} s"
    if whole < DAY:
        return f"{whole // HOUR} h {whole % HOUR // MINUTE} min"
    return f"{whole // DAY} d {whole % DAY // HOUR} h"


def clock_time(seconds: float) -> str:
    """Returns a time of day, in UTC, of seconds since 1970: `14:05:09`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%H:%M:%S")


def iso_time(seconds: float) -> str:
    """Returns seconds since 1970 as machines read a time: `2026-01-31T14:05:09Z`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


FILTERS = {
    "size": size,
    "duration": duration,
    "clock_time": clock_time,
    "iso_time": iso_time,
}
"""By their names in templates."""
