"""Several calls under way as one.

Source: App Engine, `google.appengine.datastore.datastore_rpc`, class `MultiRpc`.
"""

from collections.abc import Callable, Iterable, Sequence

from appengine.rpc.user_rpc import FINISHING, IDLE, RUNNING, UserRPC, Waiting


class MultiRpc:
    """Several calls, which are waited for together, and whose results become one."""

    def __init__(
        self, rpcs: Iterable[Waiting], extra_hook: Callable[[object], object] | None = None
    ) -> None:
        """Takes calls, and what makes the result of all of theirs."""
        self._rpcs = self.flatten(rpcs)
        self._extra_hook = extra_hook

    @property
    def rpcs(self) -> list[Waiting]:
        """The calls."""
        return list(self._rpcs)

    @property
    def state(self) -> int:
        """The state of all; 1, under way, where they differ."""
        states = {rpc.state for rpc in self._rpcs} or {FINISHING, IDLE}
        return states.pop() if len(states) == 1 else RUNNING

    def wait(self) -> None:
        """Waits until all are answered."""
        self.wait_all(self._rpcs)

    def check_success(self) -> None:
        """Waits for all, and raises the first error in which one ended."""
        self.wait()
        for rpc in self._rpcs:
            rpc.check_success()

    def get_result(self) -> object:
        """Returns the result of the only call, or a list: those of lists, and those not None."""
        self.check_success()
        results = [rpc.get_result() for rpc in self._rpcs]
        joined = results[0] if len(results) == 1 else _join(results)
        return joined if self._extra_hook is None else self._extra_hook(joined)

    @classmethod
    def flatten(cls, rpcs: Iterable[Waiting]) -> list[Waiting]:
        """Returns calls, those of each `MultiRpc` among them."""
        flat: list[Waiting] = []
        for rpc in rpcs:
            flat += rpc._rpcs if isinstance(rpc, MultiRpc) else [rpc]
        return flat

    @classmethod
    def wait_any(cls, rpcs: Iterable[Waiting]) -> Waiting | None:
        """Waits until one of the calls is answered, and returns it; None: there are none."""
        return UserRPC.wait_any(cls.flatten(rpcs))

    @classmethod
    def wait_all(cls, rpcs: Iterable[Waiting]) -> None:
        """Waits until all of the calls are answered."""
        UserRPC.wait_all(cls.flatten(rpcs))


def _join(results: Sequence[object]) -> list[object]:
    joined: list[object] = []
    for result in results:
        if isinstance(result, list):
            joined += result
        elif result is not None:
            joined.append(result)
    return joined
