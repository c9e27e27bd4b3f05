"""What a sentence expects: that something is refused, and how."""

from contextlib import contextmanager


@contextmanager
def refusal(error, text=""):
    """Expects exactly this class of error, with a text in it."""
    try:
        yield
    except Exception as found:
        assert type(found) is error, f"expected {error.__name__}, found {found!r}"
        assert text in str(found), f"expected {text!r} in {str(found)!r}"
    else:
        raise AssertionError(f"expected {error.__name__}")
