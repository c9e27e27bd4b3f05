"""Says before anything runs which composite indexes queries need that index.yaml has not."""

from pathlib import Path

from appengine.datastore.config import CompositeIndex, load_indexes, stanza
from appengine.datastore.server.indexes import COMPOSITE, SERVING, Definition, Indexes
from appengine.datastore.server.planner import MissingIndexError, Planner, check
from appengine.datastore.service import Query


class IndexAdvice:
    """The indexes of one index.yaml, as the datastore has them when all are built."""

    def __init__(self, file: Path) -> None:
        """Reads the file; one that is not there has no indexes.

        Raises:
            ConfigurationError: it is wrong.
        """
        found = enumerate(load_indexes(file), 1)
        self._indexes = Indexes(0, [_define(number, index) for number, index in found])

    def missing(self, query: Query) -> str:
        """Returns the stanza of the index that a query lacks; "" where it lacks none.

        Raises:
            BadRequestError: the query is refused whatever indexes there are.
        """
        check(query)
        try:
            Planner(self._indexes, query).plan()
        except MissingIndexError as error:
            _, kind, properties, ancestor = error.want
            return stanza(CompositeIndex(kind, properties, ancestor))
        return ""


def _define(number: int, index: CompositeIndex) -> Definition:
    return Definition(
        id=number,
        kind=index.kind,
        properties=index.properties,
        ancestor=index.ancestor,
        form=COMPOSITE,
        state=SERVING,
        multiple=False,
    )
