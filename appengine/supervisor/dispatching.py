"""The rules of each application's dispatch.yaml, as the file says now."""

from collections.abc import Callable, Coroutine, Iterator, Sequence

import msgspec

from appengine.config.app_yaml import ApplicationConfig
from appengine.config.dispatch_yaml import DispatchConfig, DispatchRule, load_dispatch
from appengine.config.errors import ConfigurationError
from appengine.supervisor.watch import watch_file


class DispatchRules:
    """What is published of dispatch.yaml; a wrong edit is told, and the rules before it hold."""

    def __init__(
        self, configs: Sequence[DispatchConfig], applications: Sequence[ApplicationConfig]
    ) -> None:
        """Takes the files as they were read at the start, and what is served."""
        self._configs = {config.application: config for config in configs}
        self._applications = applications

    def rules(self) -> dict[str, tuple[DispatchRule, ...]]:
        """Returns the rules of each application that has some."""
        return {name: config.rules for name, config in self._configs.items()}

    def left_out(self) -> list[str]:
        """Returns a line about each rule whose module is not served."""
        return [line for config in self._configs.values() for line in config.left_out]

    def watch(
        self, publish: Callable[[], None], report: Callable[[str], None]
    ) -> Iterator[Coroutine[object, object, None]]:
        """Returns what waits for edits of each file, and publishes the rules that they state."""
        for config in self._configs.values():
            yield self._watch(config, publish, report)

    async def _watch(
        self, config: DispatchConfig, publish: Callable[[], None], report: Callable[[str], None]
    ) -> None:
        async def reload() -> None:
            self._reload(config, report)
            publish()

        try:
            await watch_file(config.file.resolve(), reload)
        except (OSError, RuntimeError) as error:  # of the system's watching
            report(f"{config.file}: changes need a restart from now on: {error}")

    def _reload(self, config: DispatchConfig, report: Callable[[str], None]) -> None:
        name = config.application
        modules = [each.module for each in self._applications if each.application == name]
        try:
            fresh = load_dispatch(config.file, modules)
        except ConfigurationError as error:
            report(f"{error} (the rules before it hold on)")
            return
        self._configs[name] = msgspec.structs.replace(fresh, application=name)
        for line in fresh.left_out:
            report(line)
