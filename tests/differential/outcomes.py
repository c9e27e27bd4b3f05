"""Outcomes of steps: whether two are the same."""


def error_of(outcome):
    """Returns the name of an outcome's error, or None."""
    return outcome.get("error") if isinstance(outcome, dict) else None


def is_same(left, right):
    """Whether two outcomes agree: in values and order, or in the error's class.

    Args:
        left: App Engine's.
        right: ours, whose error may be of a class that is the other one's, too.
    """
    if error_of(left) or error_of(right):
        return error_of(right) is not None and error_of(left) in right["classes"]
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(is_same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(is_same(left[n], right[n]) for n in left)
    return type(left) is type(right) and left == right
