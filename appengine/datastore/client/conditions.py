"""The conditions of a plain query: a dictionary of filters that fit together.

Source: App Engine, `google.appengine.api.datastore`, class `Query`.
"""

from collections.abc import Mapping

from appengine.datastore.client.entities import listed
from appengine.datastore.client.filters import (
    COMPARISONS,
    INEQUALITIES,
    check_values,
    parse_filter,
)
from appengine.datastore.client.ordering import Ordering, rank
from appengine.datastore.datastore_errors import (
    BadArgumentError,
    BadFilterError,
    BadValueError,
)
from appengine.datastore.datastore_types import KEY_SPECIAL_PROPERTY


class Conditions(dict[str, object]):
    """Values by `property operator`; each assignment checks that the filters can stand together."""

    _kind: str | None
    _orderings: tuple[Ordering, ...]

    def __setitem__(self, condition: str, value: object) -> None:
        value = list(value) if isinstance(value, tuple) else value
        if isinstance(value, list) and not value:
            raise BadValueError("Cannot filter on []")
        name, operator = parse_filter(condition)
        self._check_filter(name, operator, value)
        super().__setitem__(condition, value)

    def setdefault(self, condition: str, value: object = None) -> object:
        """Returns the filter's value, which becomes `value` if it was absent."""
        if condition not in self:
            self[condition] = value
        return self[condition]

    def update(self, other: Mapping[str, object]) -> None:  # type: ignore[override]  # App Engine takes a mapping only
        """Adds all the filters of `other`."""
        for condition, value in other.items():
            self[condition] = value

    def copy(self) -> "Conditions":
        """Refuses, as an entity does."""
        raise NotImplementedError("Query does not support the copy() method.")

    def accepts(self, name: str, value: object) -> bool:
        """Returns whether the inequality filters on a property let a single value through."""
        place = rank(value)
        return all(
            COMPARISONS[operator](place, rank(bound))
            for condition, bounds in self.items()
            for bound in listed(bounds)
            for filtered, operator in (parse_filter(condition),)
            if filtered == name and operator in COMPARISONS
        )

    def inequality(self) -> str | None:
        """Returns the property that has inequality filters; None: there are no such filters."""
        for condition in self:
            name, operator = parse_filter(condition)
            if operator in INEQUALITIES:
                return name
        return None

    def _check_filter(self, name: str, operator: str, value: object) -> None:
        check_values(name, value)
        if self._kind is None and name != KEY_SPECIAL_PROPERTY:
            raise BadFilterError(
                f"Only {KEY_SPECIAL_PROPERTY} filters are allowed on kindless queries."
            )
        if operator in INEQUALITIES:
            self._check_inequality(name)

    def _check_inequality(self, name: str) -> None:
        other = self.inequality()
        if other is not None and other != name:
            raise BadFilterError(
                "Only one property per query may have inequality filters (<, <=, >=, >)."
            )
        if self._orderings and self._orderings[0][0] != name:
            raise BadArgumentError(
                "First ordering property must be the same as inequality filter property, if "
                f"specified for this query; received {self._orderings[0][0]}, expected {name}"
            )
