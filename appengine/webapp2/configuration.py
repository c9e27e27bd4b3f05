"""An application's configuration: a dictionary for each module that reads one.

Source: webapp2, "Config".
"""

from collections.abc import Iterable, Mapping
from typing import cast

Values = dict[str, object]


class Config(dict[str, Values]):
    """Values by module name; a module's defaults are put under them when it first asks."""

    loaded: list[str]

    def __init__(self, defaults: Mapping[str, object] | None = None) -> None:
        super().__init__(cast(Mapping[str, Values], defaults or {}))
        self.loaded = []

    def load_config(
        self,
        key: str,
        default_values: Mapping[str, object] | None = None,
        user_values: Mapping[str, object] | None = None,
        required_keys: Iterable[str] | None = None,
    ) -> Values:
        """Returns a module's values: its defaults under the application's under the call's.

        Args:
            key: the module's name, such as `"webapp2_extras.sessions"`.
            default_values: the module's defaults, looked at once.
            user_values: values for this call alone.
            required_keys: names that need a value other than None.

        Raises:
            Exception: required values are missing; the text names them.
        """
        if key not in self.loaded:
            self[key] = {**(default_values or {}), **self.get(key, {})}
            self.loaded.append(key)
        values = {**self[key], **(user_values or {})} if user_values else self[key]
        missing = [name for name in required_keys or () if values.get(name) is None]
        if missing:
            raise Exception(f"Missing configuration keys for {key!r}: {missing!r}.")
        return values
