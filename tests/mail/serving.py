"""A mail service on a real file, mail servers that keep what they get, applications that answer."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from aiosmtpd.controller import Controller

from appengine.config.settings import Settings
from appengine.front.calls import Executor
from appengine.mail.server import MailServer
from appengine.mail.server.outbox import Outbox
from appengine.rpc.callers import Caller
from appengine.rpc.client import transport
from appengine.rpc.frames import Reply
from appengine.rpc.internal import InternalResponse, Served
from appengine.rpc.server import Resources
from appengine.storage.clock import Clock
from appengine.storage.engine import Storage

SERVERS = {MailServer.name: MailServer}
NOW = 1_800_000_000.0


class Applications:
    """Applications that keep what they are asked, and answer as a test wants."""

    def __init__(self, *ids, inbound=("mail", "mail_bounce"), status=200):
        self.ids = ids or ("trial",)
        self.inbound, self.status = inbound, status
        self.requests = []
        self.asked = threading.Event()

    def names(self):
        return self.ids

    def served(self):
        return [Served(name, "default", "localhost:1", 1, self.inbound) for name in self.ids]

    def ask(self, request, seconds):
        self.requests.append(request)
        self.asked.set()
        return InternalResponse(status=self.status, reason="", headers=[], body=b"")


class MailRoom:
    """The calls of an application, executed on the spot; `with` makes the client use it."""

    def __init__(self, folder, applications=None, caller=None, **options):
        self.storage = Storage(folder / "trial.db")
        self.clock = Clock()
        self.clock.freeze(NOW)
        self.applications = applications or Applications()
        self.resources = Resources(
            open_storage=lambda _application: self.storage,
            platform=None,
            clock=self.clock,
            options=Settings(**options),
            applications=self.applications,
        )
        self.caller = caller or Caller(application="trial", deadline=time.monotonic() + 60)
        self.executor = Executor(SERVERS, self.resources, lambda *charge: None)
        self.outbox = Outbox(self.storage, "trial")
        self._replies = []

    def __enter__(self):
        self._token = transport.set(self)
        return self

    def __exit__(self, *error):
        transport.reset(self._token)
        self.storage.close()

    def start(self, service, method, message):
        outcome = self.executor.execute(self.caller, service, method, message)
        self._replies.append(outcome)
        return len(self._replies) - 1

    def finish(self, number):
        outcome = self._replies[number]
        return Reply(number, outcome.message, outcome.error, outcome.detail)

    def only(self):
        """Returns the one message that was sent."""
        (entry,) = self.outbox.find()
        return entry


class Keeper:
    """What a mail server got; `replies` answers each recipient, else everybody is taken."""

    def __init__(self):
        self.messages = []
        self.replies = {}
        self.data_reply = "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        reply = self.replies.get(address, "250 OK")
        if reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if self.data_reply.startswith("250"):
            self.messages.append((envelope, session))
        return self.data_reply


class AnyPort(Controller):
    """aiosmtpd's controller, on whichever port is free."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


class MailHost:
    """A real mail server on a port of this machine; `with` ends it."""

    def __init__(self, **options):
        self.keeper = Keeper()
        self.controller = AnyPort(
            self.keeper, hostname="127.0.0.1", port=0, ready_timeout=30, **options
        )

    def __enter__(self):
        self.controller.start()
        self.port = self.controller.port
        return self

    def __exit__(self, *error):
        self.controller.stop()

    @property
    def settings(self):
        return {"smtp_host": "127.0.0.1", "smtp_port": self.port}


def run_in_thread(function, *arguments):
    """Returns the future of a call on a thread of its own."""
    pool = ThreadPoolExecutor(1)
    future = pool.submit(function, *arguments)
    pool.shutdown(wait=False)
    return future
