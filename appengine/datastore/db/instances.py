"""The iterator over a query's results as instances of models.

Source: App Engine, `google.appengine.ext.db`, class `_QueryIterator`.
"""

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from appengine.datastore.client.entities import Entity
from appengine.datastore.datastore_types import Key

Item = TypeVar("Item")


class Instances(Generic[Item]):
    """Yields what `load` makes of each result."""

    def __init__(
        self, load: Callable[[Entity | Key], Item], results: Iterator[Entity | Key]
    ) -> None:
        self._results = map(load, results)

    def __iter__(self) -> Iterator[Item]:
        return self

    def __next__(self) -> Item:
        return next(self._results)

    def next(self) -> Item:
        """Returns the next result.

        Raises:
            StopIteration: there is none.
        """
        return next(self._results)
