"""An application's configuration, read again while it is served."""

from appengine.config.app_yaml import ApplicationConfig, load_application
from appengine.config.errors import ConfigurationError
from appengine.config.handlers import ScriptHandler


def read_again(before: ApplicationConfig, application: str | None) -> ApplicationConfig:
    """Returns the configuration as its files state it now.

    Objects that it names for the first time must be in their modules' text; of those that an edit
    has lost, loading the modules tells more.

    Args:
        before: the configuration that is served.
        application: an id that replaces the file's own.

    Raises:
        ConfigurationError: something in it is wrong, or needs a restart.
    """
    config = load_application(before.file, application)
    if not _scripts(config) <= _scripts(before):
        config = load_application(before.file, application, reads_code=True)
    for key in ("application", "module"):  # whose data, addresses and cookies are in use
        now, then = getattr(config, key), getattr(before, key)
        if now != then:
            text = f"{now!r} was {then!r} at the start; it needs a restart"
            raise ConfigurationError(f"{config.file}: {key}: {text}")
    return config


def _scripts(config: ApplicationConfig) -> set[str]:
    """Returns what the handlers and the entrypoint run."""
    scripts = {each.script for each in config.handlers if isinstance(each, ScriptHandler)}
    return {config.entrypoint, *scripts}
