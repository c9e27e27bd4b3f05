"""The datastore queries of an application, read from its text: chains of calls, and GQL."""

import ast
from collections.abc import Iterable, Iterator

from msgspec import Struct

from appengine.cli.porting.gql import ANCESTOR, make_filter, read_query
from appengine.datastore.service import Filter, Order, Query

BASES = frozenset(("Model", "Expando"))
"""Classes of `db` whose subclasses have their own name as kind."""

SIGNS = ("<=", ">=", "!=", "==", "=", "<", ">", "in", "IN")


class Written(Struct, frozen=True):
    """A query, and the line that it begins on."""

    line: int
    query: Query


def find_models(trees: Iterable[ast.Module]) -> frozenset[str]:
    """Returns the names of the classes of an application that are models."""
    classes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    found: set[str] = set()
    while True:
        new = {each.name for each in classes if _base_names(each) & (BASES | found)} - found
        if not new:
            return frozenset(found)
        found |= new


def _base_names(node: ast.ClassDef) -> set[str]:
    names = (each.attr if isinstance(each, ast.Attribute) else each for each in node.bases)
    return {name.id if isinstance(name, ast.Name) else str(name) for name in names}


def find_queries(tree: ast.Module, models: frozenset[str]) -> Iterator[Written]:
    """Yields the queries of a file whose parts stand in the text."""
    reader = _Reader(models)
    reader.read(tree.body)
    yield from reader.found()


class _Begun(Struct):
    """A query in the making."""

    line: int
    kind: str
    filters: list[Filter]
    orders: list[Order]
    has_ancestor: bool = False

    def add(self, call: ast.Call, method: str) -> None:
        """Takes one call of a chain."""
        first = call.args[0] if call.args else None
        text = first.value if isinstance(first, ast.Constant) else None
        if method == "ancestor":
            self.has_ancestor = True
        elif method == "filter" and isinstance(text, str):
            name, _, sign = text.strip().partition(" ")
            sign = sign.strip() or "="
            if sign in SIGNS:
                self.filters.append(make_filter(name, sign))
        elif method == "order" and isinstance(text, str):
            self.orders.append(Order(text.strip().lstrip("-"), text.strip().startswith("-")))

    def finish(self) -> Written:
        """Returns the query as far as it is known."""
        query = Query(
            kind=self.kind,
            ancestor=ANCESTOR if self.has_ancestor else None,
            filters=tuple(dict.fromkeys(self.filters)),
            orders=tuple(self.orders),
        )
        return Written(self.line, query)


class _Reader:
    """Reads the functions of a file, each with its own variables."""

    def __init__(self, models: frozenset[str]) -> None:
        self._models = models
        self._begun: list[_Begun] = []
        self._written: list[Written] = []

    def found(self) -> list[Written]:
        """Returns what has been read."""
        return [*self._written, *(each.finish() for each in self._begun)]

    def read(self, body: Iterable[ast.stmt]) -> None:
        """Reads the statements of a function, then those of the functions in it."""
        variables: dict[str, _Begun] = {}
        inner: list[list[ast.stmt]] = []
        for node in _in_order(body, inner):
            if isinstance(node, ast.Assign) and len(node.targets) == 1:
                begun = self._chain(node.value, variables)
                if begun and isinstance(node.targets[0], ast.Name):
                    variables[node.targets[0].id] = begun
            elif isinstance(node, ast.Call):
                self._chain(node, variables)
        for part in inner:
            self.read(part)

    def _chain(self, node: ast.expr, variables: dict[str, _Begun]) -> _Begun | None:
        """Returns the query that a chain of calls makes or goes on with."""
        if not isinstance(node, ast.Call) or hasattr(node, "read"):
            return getattr(node, "read", None)
        begun = self._start(node, variables)
        vars(node)["read"] = begun  # a chain is met again from its inside
        return begun

    def _start(self, node: ast.Call, variables: dict[str, _Begun]) -> _Begun | None:
        function = node.func
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        if name == "GqlQuery" and node.args:
            self._gql(node, "")
        elif name == "Query" and node.args and (kind := self._model(node.args[0])):
            return self._begin(node, kind)
        if not isinstance(function, ast.Attribute):
            return None
        kind = self._model(function.value)
        if name == "all" and kind:
            return self._begin(node, kind)
        if name == "gql" and kind and node.args:
            self._gql(node, kind)
            return None
        inside = function.value
        begun = self._chain(inside, variables)
        if begun is None and isinstance(inside, ast.Name):
            begun = variables.get(inside.id)
        if begun is not None:
            begun.add(node, name)
        return begun

    def _begin(self, node: ast.Call, kind: str) -> _Begun:
        begun = _Begun(node.lineno, kind, [], [])
        self._begun.append(begun)
        return begun

    def _gql(self, node: ast.Call, kind: str) -> None:
        text = node.args[0].value if isinstance(node.args[0], ast.Constant) else None
        if isinstance(text, str):
            whole = f"SELECT * {text}" if kind else text
            if query := read_query(whole, kind):
                self._written.append(Written(node.lineno, query))

    def _model(self, node: ast.expr) -> str:
        name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
        return name if name in self._models else ""


def _in_order(body: Iterable[ast.stmt], inner: list[list[ast.stmt]]) -> Iterator[ast.AST]:
    """Yields assignments and calls as they stand; the bodies of functions go into `inner`."""
    for statement in body:
        waiting: list[ast.AST] = [statement]
        while waiting:
            node = waiting.pop(0)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                inner.append(node.body)
                continue
            if isinstance(node, ast.Assign | ast.Call):
                yield node
            waiting = [*ast.iter_child_nodes(node), *waiting]
