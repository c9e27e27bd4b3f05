"""What applications catch: a service that there is not.

Source: App Engine, "Capabilities" (`google.appengine.api.capabilities`).
"""


class UnknownCapabilityError(Exception):
    """There is no such service."""
