"""Deadlines of requests, in seconds from the moment when an instance accepts them."""

from appengine.config.settings import MAX_DEADLINE_SECONDS
from appengine.front.routes import VersionRoute

REQUEST_SECONDS = 60.0
"""Source: App Engine, "How Requests are Handled", automatic scaling."""

TASK_SECONDS = 600.0
"""Of tasks and cron jobs. Source: App Engine, "How Requests are Handled"."""


def find_deadline(route: VersionRoute, stated: float | None, most: float | None) -> float:
    """Returns a request's deadline.

    Args:
        route: of the version; basic and manual scaling know no deadline of their own but a day.
        stated: by the platform, of a request of its own: 600 for a task.
        most: the operator's `--request_deadline`, for all requests.
    """
    usual = MAX_DEADLINE_SECONDS if route.has_long_requests else REQUEST_SECONDS
    return min(usual if stated is None else stated, most or MAX_DEADLINE_SECONDS)


def find_longest(route: VersionRoute, most: float | None) -> float:
    """Returns the longest deadline that a request of a version may have."""
    return max(find_deadline(route, stated, most) for stated in (None, TASK_SECONDS))
