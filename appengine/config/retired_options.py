"""Flags of App Engine's own dev_appserver.py that do nothing here: accepted, and said why.

Source: App Engine, dev_appserver.py, the flags of 2008 to 2020.
"""

from msgspec import Struct


class Retired(Struct, frozen=True):
    """A flag that does nothing.

    Attributes:
        reason: why, as the end of a sentence.
        is_switch: it takes yes or no, or nothing at all.
    """

    reason: str
    is_switch: bool = False


STORAGE = "all data is below --storage_path"
RUNTIME = "applications are in Python, run by the Python of this server"
SQL = "there is no Cloud SQL"
EMULATOR = "the datastore is the server's own"
SEARCH = "there is no search service"
CALLS = "service calls need no port: they go through the request's own pipe"
STARTUP = "nothing but the application itself runs in its sandbox; see appengine_config.py"


def _values(reason: str, names: str) -> dict[str, Retired]:
    return {f"--{name}": Retired(reason) for name in names.split()}


def _switches(reason: str, names: str) -> dict[str, Retired]:
    return {f"--{name}": Retired(reason, is_switch=True) for name in names.split()}


RETIRED: dict[str, Retired] = {
    **_values(STORAGE, "blobstore_path datastore_path history_path logs_path"),
    **_values(SEARCH, "search_indexes_path"),
    **_switches(SEARCH, "clear_search_indexes"),
    **_values(
        RUNTIME,
        "php_executable_path php_gae_extension_path php_xdebug_extension_path jvm_flag "
        "go_work_dir python27_executable_path runtime python_virtualenv_path",
    ),
    **_switches(
        RUNTIME, "php_remote_debugging enable_watching_go_path go_debugging javascript_debugging"
    ),
    **_values("app.yaml's 'entrypoint' names what is served", "custom_entrypoint"),
    **_values(STARTUP, "python_startup_script python_startup_args"),
    **_values(SQL, "mysql_host mysql_port mysql_user mysql_password mysql_socket"),
    **_values(SQL, "rdbms_sqlite_path"),
    **_values(
        EMULATOR,
        "running_datastore_emulator_host datastore_emulator_port datastore_emulator_cmd",
    ),
    **_switches(EMULATOR, "support_datastore_emulator use_sqlite"),
    **_values(CALLS, "api_host api_port grpc_api_port"),
    **_switches(CALLS, "enable_grpc_api_server support_grpc_apis"),
    **_switches("updates come from the package installer", "skip_sdk_update_check"),
    **_switches("static files have ETags, and clients ask each time", "disable_static_caching"),
    **_switches("imports need no tracing: an import that fails is shown", "debug_imports"),
    **_switches("transactions are the same without it", "high_replication"),
    **_switches("backends have become modules: name each app.yaml", "backends"),
    **_switches("instances are processes always", "multiprocess"),
    **_values(
        "instances are processes always",
        "multiprocess_min_port multiprocess_api_port multiprocess_api_server",
    ),
    **_values("there is one front for all modules", "external_port"),
    **_switches("there is no interactive console", "enable_console"),
    **_values(
        "no identity is signed with a key of yours",
        "appidentity_email_address appidentity_private_key_path",
    ),
    **_values("there is no Cloud Storage", "default_gcs_bucket_name"),
    **_switches("there are no task queues", "enable_task_running disable_task_running"),
    **_values("there are no task queues", "task_retry_seconds"),
    **_values("a query sees all that is committed", "datastore_consistency_policy"),
    **_values(
        "nothing is measured by others", "google_analytics_client_id google_analytics_user_agent"
    ),
}
"""By flag; what has become an option of its own is looked at no more."""

EQUIVALENTS = {
    "--debug": "--log_level=debug",
    "-d": "--log_level=debug",
    "--disable_task_running": "--enable_task_running=no",
}
"""Older spellings of what an option says today; used where there is that option."""
