"""The instance itself: what it uses, and when it is told to stop."""

from appengine.system.client import cpu_usage, memory_usage
from appengine.system.shutdown import is_shutting_down, set_shutdown_hook

__all__ = ["cpu_usage", "is_shutting_down", "memory_usage", "set_shutdown_hook"]
