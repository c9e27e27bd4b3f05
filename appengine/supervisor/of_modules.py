"""What the modules of one application state together, each in its own app.yaml."""

from collections.abc import Sequence

from appengine.config.app_yaml import ApplicationConfig


def find_index_files(modules: Sequence[ApplicationConfig]) -> dict[str, str]:
    """Returns the index.yaml of each application: beside the app.yaml of its first module.

    Source: App Engine, dev_appserver.py, several modules: the first one is the default module.
    """
    found: dict[str, str] = {}
    for config in modules:
        found.setdefault(config.application, str(config.directory / "index.yaml"))
    return found


def find_id_policies(modules: Sequence[ApplicationConfig]) -> dict[str, str]:
    """Returns the `auto_id_policy` of each application: "legacy" where any of its modules asks."""
    found: dict[str, str] = {}
    for config in modules:
        if found.get(config.application) != "legacy":
            found[config.application] = config.auto_id_policy
    return found
