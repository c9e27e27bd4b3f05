"""The instance itself: what it uses, and that it runs no threads of its own.

Source: App Engine, "Runtime" (`google.appengine.api.runtime`), "Background threads".
"""

from appengine.rpc.service import ApplicationError, Message, Service, call


class Error(ApplicationError):
    """Base of the errors of background threads."""


class FrontendsNotSupported(Error):
    """Instances run code for requests only."""


class BackgroundThreadLimitReachedError(Error):
    """The instance has as many background threads as it may."""


class SystemStat(Message):
    """Figures of one resource.

    Attributes:
        current: megabytes now; for processors 0.
        total: megacycles since the instance was started; for memory 0.
        rate1m: megacycles a second over the last minute; `rate10m`: over the last ten.
        average1m: megabytes over the last minute; `average10m`: over the last ten.
    """

    current: float = 0.0
    total: float = 0.0
    rate1m: float = 0.0
    rate10m: float = 0.0
    average1m: float = 0.0
    average10m: float = 0.0


class StatsRequest(Message):
    """The instance's figures are asked for."""


class StatsResponse(Message):
    """What the instance uses: it takes requests of others too, at the same time.

    Attributes:
        request_cpu: megacycles of the open request so far: its share of the instance's.
        request_api: megacycles of its service calls so far, by their time.
    """

    cpu: SystemStat
    memory: SystemStat
    request_cpu: int = 0
    request_api: int = 0


class BackgroundRequest(Message):
    """A thread is to be started that outlives the request."""


class BackgroundResponse(Message):
    """The thread's request."""

    request_id: str


class SystemService(
    Service,
    name="system",
    aliases=("google.appengine.api.runtime",),
    modules={
        "google.appengine.api.runtime.runtime": "shutdown",
        "google.appengine.api.background_thread": "background_thread",
        "google.appengine.api.quota": "quota",
    },
):
    """The instance itself.

    Source: App Engine, `google.appengine.api.runtime` and `google.appengine.api.background_thread`.
    """

    @call()
    def stats(self, request: StatsRequest) -> StatsResponse:
        """Returns what the instance that asks uses."""

    @call(errors=(FrontendsNotSupported, BackgroundThreadLimitReachedError))
    def start_background(self, request: BackgroundRequest) -> BackgroundResponse:
        """Refuses a background thread: no code runs while no request is open."""
