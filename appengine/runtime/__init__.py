"""What the runtime raises into an application's own code.

Source: App Engine, `google.appengine.runtime`.
"""

__all__ = ["DeadlineExceededError"]


class DeadlineExceededError(BaseException):
    """The request is almost out of time: half a second is left to answer it.

    It is raised once, wherever the request's own thread is. No `Exception`, so that a broad
    handler does not swallow it. Source: App Engine, "Dealing with DeadlineExceededErrors".
    """
