"""Dates and times for people, in the format letters that the classic engine took from PHP.

Source: Django, "Built-in filter reference", `date`, `time`, `timesince`.
"""

import re
from calendar import isleap, monthrange
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

Moment = datetime | date | time

DATE_FORMAT = "N j, Y"
TIME_FORMAT = "P"
NOON = 12

MONTHS = (
    "January February March April May June July August September October November December".split()
)
SHORT_MONTHS = "Jan. Feb. March April May June July Aug. Sept. Oct. Nov. Dec.".split()
"""As newspapers write them: The Associated Press Stylebook."""

DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()

SPANS = (
    (365 * 86400, "year"),
    (30 * 86400, "month"),
    (7 * 86400, "week"),
    (86400, "day"),
    (3600, "hour"),
    (60, "minute"),
)
"""Seconds of each unit, the largest first."""

_LETTER = re.compile(r"\\(.)|(.)", re.DOTALL)


def format_date(value: object, format_letters: object = DATE_FORMAT) -> str:
    """Returns a date or time in letters such as `"D d M Y"`; nothing for anything else."""
    if not isinstance(value, datetime | date | time):
        return ""
    return _LETTER.sub(lambda found: _show(value, found), str(format_letters))


def format_time(value: object, format_letters: object = TIME_FORMAT) -> str:
    """Returns a time in letters such as `"H:i"`; nothing for a date without one."""
    if not isinstance(value, datetime | time):
        return ""
    return format_date(value, format_letters)


def format_now(format_letters: object) -> str:
    """Returns the present, in UTC, in letters such as `"Y"`."""
    return format_date(datetime.now(UTC), format_letters)


def time_since(value: object, now: object = None) -> str:
    """Returns how long ago something was, in its two largest units: `"2 days, 3 hours"`."""
    if not isinstance(value, date):
        return ""
    present = now if isinstance(now, date) else datetime.now(UTC)
    return _describe(_as_datetime(present) - _as_datetime(value))


def time_until(value: object, now: object = None) -> str:
    """Returns how long it is until something, in its two largest units."""
    if not isinstance(value, date):
        return ""
    present = now if isinstance(now, date) else datetime.now(UTC)
    return _describe(_as_datetime(value) - _as_datetime(present))


def _describe(span: timedelta) -> str:
    left = max(int(span.total_seconds()), 0)
    for index, (seconds, unit) in enumerate(SPANS):
        if left >= seconds:
            parts = [_count(left // seconds, unit)]
            for smaller, name in SPANS[index + 1 : index + 2]:
                if count := left % seconds // smaller:
                    parts.append(_count(count, name))
            return ", ".join(parts)
    return _count(0, "minute")


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def _as_datetime(value: date) -> datetime:
    moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _show(value: Moment, found: re.Match[str]) -> str:
    letter = found.group(2)
    if letter is None:
        return found.group(1)
    if isinstance(value, datetime | date) and letter in DATE_LETTERS:
        return DATE_LETTERS[letter](value)
    if letter in TIME_LETTERS:
        return TIME_LETTERS[letter](_time_of(value))
    if letter in MOMENT_LETTERS:
        return MOMENT_LETTERS[letter](_as_datetime(value)) if isinstance(value, date) else ""
    return "" if letter in DATE_LETTERS else letter


def _time_of(value: Moment) -> time:
    if isinstance(value, datetime):
        return value.timetz()
    return value if isinstance(value, time) else time()


def _ordinal_ending(day: date) -> str:
    if 11 <= day.day <= 13:  # noqa: PLR2004  # eleventh to thirteenth
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10, "th")


def _hour(value: time) -> int:
    return value.hour % NOON or NOON


def _clock(value: time) -> str:
    """Returns an hour without its minutes if they are none: `1 p.m.`, `1:30 p.m.`, `noon`."""
    if value.minute == 0 and value.hour in (0, NOON):
        return "noon" if value.hour else "midnight"
    minutes = f":{value.minute:02d}" if value.minute else ""
    return f"{_hour(value)}{minutes} {TIME_LETTERS['a'](value)}"


DATE_LETTERS: dict[str, Callable[[date], str]] = {
    "b": lambda day: MONTHS[day.month - 1][:3].lower(),
    "d": lambda day: f"{day.day:02d}",
    "D": lambda day: DAYS[day.weekday()][:3],
    "F": lambda day: MONTHS[day.month - 1],
    "j": lambda day: str(day.day),
    "l": lambda day: DAYS[day.weekday()],
    "L": lambda day: str(isleap(day.year)),
    "m": lambda day: f"{day.month:02d}",
    "M": lambda day: MONTHS[day.month - 1][:3],
    "n": lambda day: str(day.month),
    "N": lambda day: SHORT_MONTHS[day.month - 1],
    "S": _ordinal_ending,
    "t": lambda day: str(monthrange(day.year, day.month)[1]),
    "w": lambda day: str(day.isoweekday() % 7),
    "W": lambda day: str(day.isocalendar().week),
    "y": lambda day: f"{day.year % 100:02d}",
    "Y": lambda day: str(day.year),
    "z": lambda day: str(day.timetuple().tm_yday),
}

TIME_LETTERS: dict[str, Callable[[time], str]] = {
    "a": lambda moment: "a.m." if moment.hour < NOON else "p.m.",
    "A": lambda moment: "AM" if moment.hour < NOON else "PM",
    "f": lambda moment: str(_hour(moment)) + (f":{moment.minute:02d}" if moment.minute else ""),
    "g": lambda moment: str(_hour(moment)),
    "G": lambda moment: str(moment.hour),
    "h": lambda moment: f"{_hour(moment):02d}",
    "H": lambda moment: f"{moment.hour:02d}",
    "i": lambda moment: f"{moment.minute:02d}",
    "P": _clock,
    "s": lambda moment: f"{moment.second:02d}",
    "u": lambda moment: f"{moment.microsecond:06d}",
}

MOMENT_LETTERS: dict[str, Callable[[datetime], str]] = {
    "c": lambda moment: moment.isoformat(),
    "O": lambda moment: moment.strftime("%z"),
    "r": lambda moment: format_date(moment, "D, d M Y H:i:s O"),
    "T": lambda moment: moment.tzname() or "",
    "U": lambda moment: str(int(moment.timestamp())),
    "Z": lambda moment: str(int((moment.utcoffset() or timedelta()).total_seconds())),
}
"""A moment without a time zone is in UTC, as everywhere on the platform."""
