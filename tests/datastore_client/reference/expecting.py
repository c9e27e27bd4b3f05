"""What a sentence expects: that something is refused, and how."""

from contextlib import contextmanager


@contextmanager
def refusal(error, text=""):
    """Expects this class of error, or one that is this and another in one, with a text in it."""
    try:
        yield
    except Exception as found:
        classes = [kind for kind in type(found).__mro__ if kind in type(found).__bases__]
        assert type(found) is error or (len(classes) > 1 and error in classes), (
            f"expected {error.__name__}, found {found!r}"
        )
        assert text in str(found), f"expected {text!r} in {str(found)!r}"
    else:
        raise AssertionError(f"expected {error.__name__}")
