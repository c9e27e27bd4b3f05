"""Values of the request that is being answered: `Local` and `LocalProxy`.

Source: webapp2, "Local".
"""

from appengine.webapp2.local import Local, LocalProxy

__all__ = ["Local", "LocalProxy"]
