"""Values: text becomes what an annotation asks for."""

from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta

from appengine.config.values import Duration, Latency, describe, parse_text


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("4d 5h", 363600), ("30m", 1800), ("1d 1h 1m 1s", 90061), ("0s", 0), ("90s  2m", 210)],
)
def test_a_duration_is_a_sum_of_units(text, seconds):
    """Source: App Engine, "app.yaml", `default_expiration`."""
    assert parse_text(text, Duration) == seconds


@pytest.mark.parametrize("text", ["", "5", "5x", "d", "1h,2m", "1.5h", "-1h", "1h 2", "٣s", "1h\n"])
def test_what_has_no_unit_is_no_duration(text):
    with pytest.raises(ValueError, match="is not a duration such as"):
        parse_text(text, Duration)


@given(st.integers(0, 9999), st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))
def test_a_duration_written_out_is_read_back(days, hours, minutes, seconds):
    text = f"{days}d {hours}h {minutes}m {seconds}s"
    assert parse_text(text, Duration) == ((days * 24 + hours) * 60 + minutes) * 60 + seconds


@pytest.mark.parametrize(("text", "seconds"), [("30ms", 0.03), ("1.5s", 1.5), ("10s", 10)])
def test_a_latency_is_in_milliseconds_or_seconds(text, seconds):
    assert parse_text(text, Latency | Literal["automatic"]) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("text", "hint", "error"),
    [
        ("1_000", int, "'1_000' is not an integer"),
        ("٣", int, "'٣' is not an integer"),
        ("9" * 30, int, "is not an integer"),
        ("", int, "'' is not an integer"),
        ("nan", float, "'nan' is not a number"),
        ("1e999", float, "'1e999' is not a number"),
        ("maybe", bool, "'maybe' is not yes or no"),
        ("c", Literal["a", "b"], "'c' is not one of 'a', 'b'"),
        ("", Annotated[str, Meta(min_length=1, max_length=9)], "'' is not a text of 1 to 9 char"),
        ("B", Annotated[str, Meta(pattern="^a$", description="an a")], "'B' is not an a"),
        ("5", Annotated[int, Meta(ge=6)], "'5' is not an integer of at least 6"),
        ("9", Annotated[float, Meta(le=6.5)], "'9' is not a number up to 6.5"),
        ("soon", Latency | Literal["automatic"], "'soon' is not a time such as '30ms' or '1.5s'"),
    ],
)
def test_a_wrong_value_is_told_with_what_was_expected(text, hint, error):
    with pytest.raises(ValueError) as caught:
        parse_text(text, hint)
    assert error in str(caught.value)


def test_a_union_takes_its_first_member_that_fits():
    hint = Annotated[int, Meta(ge=0)] | Literal["automatic"]
    assert parse_text("3", hint) == 3
    assert parse_text("automatic", hint) == "automatic"
    assert describe(hint) == "an integer of at least 0 or one of 'automatic'"


def test_none_in_a_union_is_no_value_to_write():
    assert parse_text("None", str | None) == "None"
