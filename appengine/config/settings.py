"""Settings: what the operator of a server states by flags and environment variables.

Each option is one field: its default, bounds, help and group stand here, and the command line,
the names `APPENGINE_...` of the environment and the reference page are made from them.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from appengine.config.declared_options import Option, declared_options
from appengine.config.option_types import (
    CacheServer,
    EmailAddress,
    Endpoint,
    Host,
    Layer,
    Level,
    MailSenders,
    ModuleCount,
    ModulePort,
    ModuleSwitch,
    Network,
    Port,
    Proxy,
    ProxyNetwork,
    Variable,
    check_networks,
)
from appengine.config.sections import ApplicationId
from appengine.config.values import TRUE

ADDRESSES = "Addresses"
APPLICATIONS = "Applications"
DATA = "Data"
MEMCACHE = "Memcache"
SANDBOX = "Limits and sandbox"
LOGS = "Logs"
AUTOMATION = "Automation"
FETCHES = "URL fetch"
MAIL = "Mail"

FILE = "FILE"

MAX_DEADLINE_SECONDS = 86400.0
"""A day. Source: App Engine, "How Requests are Handled", basic and manual scaling."""


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the operator states; the fields are the options of `dev_appserver.py`."""

    host: Annotated[
        Host,
        Option(
            help="where applications listen",
            group=ADDRESSES,
            metavar="HOST",
            aliases=("-a", "--address"),
        ),
    ] = "localhost"
    port: Annotated[
        Port,
        Option(
            help="first module's port, the next ones take the next ports; 0: any free one",
            group=ADDRESSES,
            metavar="PORT",
            aliases=("-p",),
        ),
    ] = 8080
    specified_service_ports: Annotated[
        tuple[ModulePort, ...],
        Option(
            help="fixed ports of modules, with commas",
            group=ADDRESSES,
            metavar="MODULE:PORT",
        ),
    ] = ()
    enable_host_checking: Annotated[
        bool,
        Option(help="refuses requests whose Host header names another machine", group=ADDRESSES),
    ] = True
    addn_host: Annotated[
        tuple[Host, ...],
        Option(
            help="a further name by which the server is called; may be repeated",
            group=ADDRESSES,
            metavar="HOST",
        ),
    ] = ()
    trusted_proxies: Annotated[
        tuple[ProxyNetwork, ...],
        Option(
            help="proxies whose X-Forwarded-For, -Proto and -Host are believed, with commas",
            group=ADDRESSES,
            metavar="ADDRESSES",
        ),
    ] = ()
    ssl_certificate_path: Annotated[
        str | None,
        Option(help="a certificate, in PEM form: serves HTTPS, too", group=ADDRESSES, metavar=FILE),
    ] = None
    ssl_certificate_key_path: Annotated[
        str | None, Option(help="the certificate's private key", group=ADDRESSES, metavar=FILE)
    ] = None
    admin_host: Annotated[
        Host,
        Option(help="where the Admin Console listens", group=ADDRESSES, metavar="HOST"),
    ] = "localhost"
    admin_port: Annotated[
        Port,
        Option(help="the Admin Console's port; 0: any free one", group=ADDRESSES, metavar="PORT"),
    ] = 8000
    application: Annotated[
        ApplicationId | None,
        Option(
            help="an id that replaces app.yaml's",
            group=APPLICATIONS,
            metavar="ID",
            aliases=("-A",),
        ),
    ] = None
    auth_domain: Annotated[
        Host,
        Option(help="the domain of users who state none", group=APPLICATIONS, metavar="DOMAIN"),
    ] = "gmail.com"
    env_var: Annotated[
        tuple[Variable, ...],
        Option(
            help="adds a variable to the applications' environment; may be repeated",
            group=APPLICATIONS,
            metavar="NAME=VALUE",
            is_repeated=True,
        ),
    ] = ()
    max_module_instances: Annotated[
        tuple[ModuleCount, ...],
        Option(
            help="most instances of each module, or of one, with commas",
            group=APPLICATIONS,
            metavar="[MODULE:]N",
        ),
    ] = ()
    threadsafe_override: Annotated[
        tuple[ModuleSwitch, ...],
        Option(
            help="replaces app.yaml's threadsafe, with commas",
            group=APPLICATIONS,
            metavar="[MODULE:]yes|no",
        ),
    ] = ()
    auto_id_policy: Annotated[
        Literal["sequential", "scattered"],
        Option(help="ids of new entities: small ones in a row, or any", group=DATA),
    ] = "scattered"
    allow_skipped_files: Annotated[
        bool,
        Option(help="shows applications what their skip_files matches", group=APPLICATIONS),
    ] = False
    show_tracebacks: Annotated[
        bool,
        Option(
            help="shows exceptions and their variables in pages; no: as users see them",
            group=APPLICATIONS,
        ),
    ] = True
    automatic_restart: Annotated[
        bool,
        Option(help="serves a changed application without a restart", group=APPLICATIONS),
    ] = True
    use_mtime_file_watcher: Annotated[
        bool,
        Option(
            help="looks at files' times: for network drives, which tell of no change",
            group=APPLICATIONS,
        ),
    ] = False
    watcher_ignore_re: Annotated[
        str | None,
        Option(
            help="changes of files whose whole path below the application matches are none",
            group=APPLICATIONS,
            metavar="EXPRESSION",
        ),
    ] = None
    storage_path: Annotated[
        str | None,
        Option(
            help="where data is kept; default: below your data directory, by application id",
            group=DATA,
            metavar="DIRECTORY",
        ),
    ] = None
    clear_datastore: Annotated[
        bool,
        Option(help="forgets all stored entities first", group=DATA, aliases=("-c",)),
    ] = False
    require_indexes: Annotated[
        bool,
        Option(
            help="refuses queries whose index is not in index.yaml",
            group=DATA,
        ),
    ] = False
    seed_file: Annotated[
        str | None,
        Option(help="entities to load at start", group=DATA, metavar="FILE"),
    ] = None
    memcache: Annotated[
        tuple[CacheServer, ...],
        Option(
            help="memcached servers, with commas, in the place of the server's own cache",
            group=MEMCACHE,
            metavar="HOST:PORT",
        ),
    ] = ()
    memcache_size: Annotated[
        Annotated[int, Meta(ge=1, le=2**20)],
        Option(
            help="most MiB of an application's items in the server's own cache",
            group=MEMCACHE,
            metavar="MIB",
        ),
    ] = 64
    memcache_jitter: Annotated[
        Annotated[int, Meta(ge=0, le=90)],
        Option(
            help="items expire earlier by chance, by up to so many percent of their time",
            group=MEMCACHE,
            metavar="PERCENT",
        ),
    ] = 0
    workers: Annotated[
        Annotated[int, Meta(ge=1, le=64)],
        Option(help="processes of the front", group=SANDBOX, metavar="N"),
    ] = 1
    request_deadline: Annotated[
        Annotated[float, Meta(ge=0.1, le=MAX_DEADLINE_SECONDS)] | None,
        Option(
            help="the most that any request may take; without: 60, tasks and cron 600",
            group=SANDBOX,
            metavar="SECONDS",
        ),
    ] = None
    debugger: Annotated[
        bool,
        Option(help="breakpoint() stops on this terminal; deadlines pause meanwhile", group=LOGS),
    ] = False
    require_sandbox: Annotated[
        bool,
        Option(help="refuses to serve where a layer of the sandbox is missing", group=SANDBOX),
    ] = False
    allow_weak_sandbox: Annotated[
        tuple[Layer, ...],
        Option(
            help="layers that may be missing all the same, with commas",
            group=SANDBOX,
            metavar="LAYERS",
        ),
    ] = ()
    urlfetch_networks: Annotated[
        tuple[Network, ...],
        Option(
            help="networks that fetches may reach beside the public ones, with commas: "
            "loopback, private, 10.1.0.0/16",
            group=FETCHES,
            metavar="NETWORKS",
        ),
    ] = ("loopback",)
    urlfetch_proxy: Annotated[
        Proxy | None,
        Option(help="the proxy through which fetches go out", group=FETCHES, metavar="URL"),
    ] = None
    urlfetch_no_proxy: Annotated[
        tuple[Host, ...],
        Option(
            help="hosts and domains that are fetched from without the proxy, with commas",
            group=FETCHES,
            metavar="HOSTS",
        ),
    ] = ()
    urlfetch_ca_file: Annotated[
        str | None,
        Option(
            help="PEM file of what fetches trust, not the system's", group=FETCHES, metavar=FILE
        ),
    ] = None
    smtp_host: Annotated[
        Host | None,
        Option(help="the mail server that messages are sent by", group=MAIL, metavar="HOST"),
    ] = None
    smtp_port: Annotated[
        Port, Option(help="the mail server's port", group=MAIL, metavar="PORT")
    ] = 25
    smtp_user: Annotated[
        str | None, Option(help="who signs in to the mail server", group=MAIL, metavar="NAME")
    ] = None
    smtp_password: Annotated[
        str | None,
        Option(
            help="the password for the mail server; better in the variable",
            group=MAIL,
            metavar="PASSWORD",
        ),
    ] = None
    smtp_allow_tls: Annotated[
        bool, Option(help="uses STARTTLS where the mail server offers it", group=MAIL)
    ] = True
    enable_sendmail: Annotated[
        bool, Option(help="sends messages by this machine's sendmail", group=MAIL)
    ] = False
    show_mail_body: Annotated[
        bool, Option(help="writes the bodies of messages to the log", group=MAIL)
    ] = False
    smtp_listen: Annotated[
        Endpoint | None,
        Option(
            help="where mail for applications is taken by SMTP; port 0: any free one",
            group=MAIL,
            metavar="HOST:PORT",
        ),
    ] = None
    mail_senders: Annotated[
        MailSenders,
        Option(
            help="whether anybody may be the sender, or the signed-in user, administrators and "
            "APPLICATION.appspotmail.com alone",
            group=MAIL,
        ),
    ] = "any"
    administrators: Annotated[
        tuple[EmailAddress, ...],
        Option(
            help="who is an administrator, and gets what is sent to them, with commas; none: the "
            "login page asks",
            group=APPLICATIONS,
            metavar="ADDRESSES",
        ),
    ] = ()
    log_level: Annotated[
        Level, Option(help="least severe log lines of applications to show", group=LOGS)
    ] = "info"
    dev_appserver_log_level: Annotated[
        Level, Option(help="least severe log lines of the server to show", group=LOGS)
    ] = "info"
    status_file: Annotated[
        str | None,
        Option(help="gets process and addresses, as JSON", group=AUTOMATION, metavar=FILE),
    ] = None
    run_command: Annotated[
        str | None,
        Option(
            help="runs a command when ready and stops with its exit status",
            group=AUTOMATION,
            metavar="COMMAND",
        ),
    ] = None

    @property
    def module_ports(self) -> dict[str, int]:
        """The ports that `specified_service_ports` fixes, by module."""
        pairs = (text.rpartition(":") for text in self.specified_service_ports)
        return {module: int(port) for module, _, port in pairs}

    def is_threadsafe(self, module: str, stated: bool) -> bool:
        """Returns whether a module's instances take several requests at once.

        Args:
            stated: by its app.yaml; `threadsafe_override` wins, a module's own over that for all.
        """
        word = _of_module(self.threadsafe_override, module)
        return stated if word is None else word.lower() in TRUE

    def most_instances(self, module: str) -> int | None:
        """Returns the most instances of a module; None: app.yaml says how many."""
        word = _of_module(self.max_module_instances, module)
        return None if word is None else int(word)

    def __post_init__(self) -> None:
        """Refuses networks that are none, with a ValueError that names the flag."""
        check_networks("--urlfetch_networks", self.urlfetch_networks)

    @property
    def certificate(self) -> tuple[str | None, str | None]:
        """The paths of a certificate and its key."""
        return self.ssl_certificate_path, self.ssl_certificate_key_path

    @property
    def variables(self) -> dict[str, str]:
        """The variables that `env_var` adds, by name."""
        return dict(text.split("=", 1) for text in self.env_var)


def _of_module(texts: tuple[str, ...], module: str) -> str | None:
    """Returns what `VALUE` or `MODULE:VALUE` states for a module; its own wins, then the last."""
    found = dict(text.rpartition(":")[::2] for text in texts)
    return found.get(module, found.get(""))


OPTIONS = declared_options(Settings)
"""Every option, in the order of help."""
