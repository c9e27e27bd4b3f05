"""A parsed GQL statement.

Source: App Engine, "GQL Reference".
"""

import msgspec


class Literal(msgspec.Struct, frozen=True):
    """A value that stands in the statement."""

    value: str | int | float | bool | None

    def get(self) -> str | int | float | bool | None:
        """Returns the value."""
        return self.value

    Get = get

    def __repr__(self) -> str:
        return f"Literal({self.value!r})"


Operand = Literal | int | str
"""A value, or a parameter: its number, or its name."""


class Condition(msgspec.Struct, frozen=True):
    """A filter: the operator compares with what `function` makes of the operands.

    Attributes:
        property: its name; empty for the ancestor.
        operator: `=`, `<`, `<=`, `>`, `>=`, `!=`, `IN` or `is`.
        function: `nop` leaves one operand as it is, `list` makes a list.
    """

    property: str
    operator: str
    function: str
    operands: tuple[Operand, ...]


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """What a statement asks for.

    Attributes:
        kind: None for all kinds.
        projection: None for whole entities.
        orderings: names and directions, 1 ascending and 2 descending.
        limit: -1 for none.
    """

    kind: str | None = None
    projection: tuple[str, ...] | None = None
    distinct: bool = False
    keys_only: bool = False
    conditions: tuple[Condition, ...] = ()
    orderings: tuple[tuple[str, int], ...] = ()
    limit: int = -1
    offset: int = 0
    hint: str = ""
