"""The parser of GQL: one pass over the symbols, clause by clause.

Source: App Engine, "GQL Reference".
"""

from typing import NoReturn

from appengine.datastore.client.ordering import ASCENDING, DESCENDING, Ordering
from appengine.datastore.datastore_errors import BadQueryError
from appengine.datastore.gql.statements import Condition, Literal, Operand, Statement
from appengine.datastore.gql.tokens import (
    KEYWORDS,
    NAME,
    NUMBER,
    PARAMETER,
    QUOTED_NAME,
    TEXT,
    tokenize,
)

OPERATORS = ("=", "<", "<=", ">", ">=", "!=", "IN", "IS")
FUNCTIONS = ("date", "datetime", "geopt", "key", "time", "user")
HINTS = ("ORDER_FIRST", "FILTER_FIRST", "ANCESTOR_FIRST")
CONSTANTS = {"TRUE": True, "FALSE": False, "NULL": None}


def parse(text: str) -> Statement:
    """Returns what a statement asks for.

    Raises:
        BadQueryError: it is no GQL; the message names the symbol.
    """
    return _Parser(text).parse()


class _Parser:
    """Reads symbols from left to right."""

    def __init__(self, text: str) -> None:
        self._tokens = tokenize(text)
        self._at = 0

    def parse(self) -> Statement:
        self._expect("SELECT")
        distinct = self._accept("DISTINCT")
        names = None if self._accept("*") else self._names()
        keys_only = names == ["__key__"]
        kind = self._name() if self._accept("FROM") else None
        conditions = self._conditions() if self._accept("WHERE") else ()
        orderings = self._orderings() if self._accept("ORDER") else ()
        limit, offset = self._limit()
        hint = self._hint() if self._accept("HINT") else ""
        if self._at < len(self._tokens):
            self._fail("Expected no additional symbols")
        return Statement(
            kind=kind,
            projection=None if names is None or keys_only else tuple(names),
            distinct=distinct,
            keys_only=keys_only,
            conditions=conditions,
            orderings=orderings,
            limit=limit,
            offset=offset,
            hint=hint,
        )

    def _names(self) -> list[str]:
        names = [self._name()]
        while self._accept(","):
            names.append(self._name())
        return names

    def _conditions(self) -> tuple[Condition, ...]:
        found = [self._condition()]
        while self._accept("AND"):
            found.append(self._condition())
        ancestors = [item for item in found if item.operator == "is"]
        if len(ancestors) > 1:
            self._fail('Only one "ANCESTOR IS" clause allowed')
        return tuple(found)

    def _condition(self) -> Condition:
        if self._peek().upper() == "ANCESTOR" and self._peek(1).upper() == "IS":
            self._at += 2
            function, operands = self._value("IS")
            return Condition("", "is", function, operands)
        name = self._name("Invalid WHERE Identifier")
        operator = self._peek().upper()
        if operator not in OPERATORS:
            self._fail("Invalid WHERE Condition")
        self._at += 1
        if operator == "IS":
            self._fail('"IS" can only be used when comparing against "ANCESTOR"')
        function, operands = self._value(operator)
        return Condition(name, operator, function, operands)

    def _value(self, operator: str) -> tuple[str, tuple[Operand, ...]]:
        """Returns the function and its operands."""
        if self._accept("("):
            operands = self._operands()
            if operator != "IN":
                self._fail("Only IN can process a list of values")
            return "list", operands
        if (operand := self._operand()) is not None:
            return "nop", (operand,)
        function = self._peek().lower()
        if function in FUNCTIONS and self._peek(1) == "(":
            self._at += 2
            return function, self._operands()
        self._fail("Invalid WHERE Condition")

    def _operands(self) -> tuple[Operand, ...]:
        """Returns what stands up to the closing bracket."""
        found: list[Operand] = []
        while True:
            operand = self._operand()
            if operand is None:
                self._fail("Filter list value could not be cast to a datastore type")
            found.append(operand)
            if not self._accept(","):
                self._expect(")")
                return tuple(found)

    def _operand(self) -> Operand | None:
        """Returns the next literal or parameter, or None where there is neither."""
        token = self._peek()
        operand: Operand
        if token.upper() in CONSTANTS:
            operand = Literal(CONSTANTS[token.upper()])
        elif match := TEXT.match(token):
            operand = Literal(match.group(1).replace("''", "'"))
        elif NUMBER.match(token):
            operand = Literal(float(token) if "." in token else int(token))
        elif match := PARAMETER.match(token):
            name = match.group(1)
            operand = int(name) if name.isdecimal() else name
        else:
            return None
        self._at += 1
        return operand

    def _orderings(self) -> tuple[Ordering, ...]:
        self._expect("BY")
        found: list[Ordering] = []
        while True:
            name = self._name("Invalid ORDER BY Property")
            descending = self._accept("DESC")
            if not descending:
                self._accept("ASC")
            found.append((name, DESCENDING if descending else ASCENDING))
            if not self._accept(","):
                return tuple(found)

    def _limit(self) -> tuple[int, int]:
        """Returns limit and offset: `LIMIT [offset,] count [OFFSET offset]`."""
        limit, offset, has_offset = -1, 0, False
        if self._accept("LIMIT"):
            limit = self._number("limit", "LIMIT")
            if self._accept(","):
                offset, has_offset = limit, True
                limit = self._number("limit", "LIMIT")
            if limit < 1:
                self._fail("Bad Limit in LIMIT Value")
        if self._accept("OFFSET"):
            if has_offset:
                self._fail("Offset already defined in LIMIT clause")
            offset = self._number("offset", "OFFSET")
        return limit, offset

    def _hint(self) -> str:
        hint = self._peek().upper()
        if hint not in HINTS:
            self._fail("Unknown HINT")
        self._at += 1
        return hint

    def _number(self, what: str, clause: str) -> int:
        token = self._peek()
        if not token.isdecimal():
            self._fail(f"Non-number {what} in {clause} clause")
        self._at += 1
        return int(token)

    def _name(self, error: str = "Identifier Expected") -> str:
        token = self._peek()
        if match := QUOTED_NAME.match(token):
            self._at += 1
            return match.group(1)
        if token.upper() in KEYWORDS:
            self._fail("Identifier is a reserved keyword")
        if not NAME.match(token):
            self._fail(error)
        self._at += 1
        return token

    def _peek(self, ahead: int = 0) -> str:
        """Returns a symbol without taking it; the empty one behind the end."""
        at = self._at + ahead
        return self._tokens[at] if at < len(self._tokens) else ""

    def _accept(self, symbol: str) -> bool:
        if self._peek().upper() != symbol:
            return False
        self._at += 1
        return True

    def _expect(self, symbol: str) -> None:
        if not self._accept(symbol):
            self._fail(f"Unexpected Symbol: {symbol}")

    def _fail(self, message: str) -> NoReturn:
        token = self._peek()
        place = f"at symbol {token}" if token else "at end of string"
        raise BadQueryError(f"Parse Error: {message} {place}")
