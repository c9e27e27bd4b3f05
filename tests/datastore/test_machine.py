"""A machine of random steps: interleaved transactions, cursors under change, namespaces."""

import os
import random
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
)

from appengine.datastore.service import (
    BadRequestError,
    Binary,
    ConcurrentTransactionError,
    CountRequest,
    Entity,
    Filter,
    GetRequest,
    Key,
    Meaning,
    Meant,
    Operator,
    Order,
    Point,
    Property,
    Query,
    Reference,
    RunRequest,
    User,
    entity_decoder,
)
from tests.datastore.model import KEY, History, Question, rank, root_of
from tests.datastore.serving import Datastore

EXAMPLES = int(os.environ.get("APPENGINE_TEST_MACHINE_EXAMPLES", "80"))

SPACES = ("", "n", "n-1")
ROOTS = (("A", 1), ("A", "n"), ("B", 2))
TAILS = ((), (), ("B", 1), ("A", "n\0"), ("A", "n\0", "B", 3), ("\0", 1))
NAMES = ("x", "y", "z")
EDGE = "l" * 981
"""With its type and its end as long as an index keeps whole values that share it as a start."""

VALUES = (
    0, 1, 2, None, "a", "a\0", "a\0b", "", True, 1.5, -0.0, float("inf"), float("nan"), -(2**63),
    EDGE, EDGE[1:], EDGE + "l", EDGE + "m", EDGE + "\0", EDGE + "l" * 40,
    Meant(Meaning.RATING, 1), Meant(Meaning.LINK, "a"), Binary(Meaning.BYTES, b"a\0\xff"),
    Point(1.0, -2.0), User("a@b", ""), Reference(Key("n", ("A", "n\0"))),
    Reference(Key("n", ("A", "n"))), Reference(Key("n", ("A", "n", "B", 1))),
)  # fmt: skip
UNINDEXED = (Meant(Meaning.TEXT, "a"), Binary(Meaning.BLOB, b"a"))

seeds = st.binary(min_size=8, max_size=8).map(random.Random)
"""Entities and queries are made by chance; hypothesis would choose few and small integers."""

QUERIES, READS = 4, 2
"""Queries and reads of one step: what is stored changes less often than it is looked at."""


def make_key(chance):
    space = chance.choices(SPACES, (6, 3, 1))[0]
    return Key(space, (*chance.choice(ROOTS), *chance.choice(TAILS)))


def make_any_value(chance):
    return chance.choice(VALUES[:3] if chance.random() < 0.6 else VALUES)


def make_entity(chance):
    found = []
    for name in NAMES:
        kind = chance.random()
        if kind < 0.5:
            found.append(Property(name, (make_any_value(chance),)))
        elif kind < 0.8:
            some = tuple(make_any_value(chance) for _ in range(chance.randint(0, 4)))
            found.append(Property(name, some, multiple=True))
        elif kind < 0.85:
            found.append(Property(name, (chance.choice(UNINDEXED), 1), multiple=True))
        elif kind < 0.9:
            found.append(Property(name, (1,), indexed=False))
    return Entity(make_key(chance), tuple(found))


def make_entities(chance, most):
    entities = [make_entity(chance) for _ in range(chance.randint(1, most))]
    return list({entity.key: entity for entity in entities}.values())


def make_keys(chance, most):
    return list(dict.fromkeys(make_key(chance) for _ in range(chance.randint(1, most))))


def make_query(chance, stored, *, inside=()):
    """Returns a query that is not refused, but for few, and mostly finds something.

    Args:
        chance: decides.
        stored: the entities by key: most queries are made to find one of them.
        inside: of a transaction: the roots that it has touched, if it is one.
    """
    about = stored[chance.choice(list(stored))] if stored and chance.random() < 0.8 else None
    key = about.key if about is not None else make_key(chance)
    ancestor = key if inside != () or chance.random() < 0.3 else None
    if ancestor is not None and chance.random() < 0.7:
        ancestor = root_of(ancestor)
    if inside and chance.random() < 0.7:
        ancestor = chance.choice(inside)
    space = ancestor.namespace if ancestor else key.namespace
    kind = key.path[-2] if chance.random() < 0.9 else ""

    def make_value(name):
        found = [item.values for item in about.properties if item.name == name] if about else []
        values = found[0] if found and found[0] and chance.random() < 0.8 else ()
        good = [value for value in values if value not in UNINDEXED]
        return chance.choice(good) if good else make_any_value(chance)

    ranged = chance.choice([*NAMES, KEY] if kind else [KEY]) if chance.random() < 0.5 else None
    wanted = [
        Filter(name, Operator.EQUAL, make_value(name))
        for name in chance.choices(NAMES, k=chance.choice([0, 0, 1, 1, 2]) if kind else 0)
    ]
    for operator in chance.sample(["<", "<=", ">", ">="], chance.randint(1, 2)) if ranged else ():
        value = Reference(Key(space, make_key(chance).path))
        value = value if ranged == KEY else make_value(ranged)
        wanted.append(Filter(ranged, Operator(operator), value))
    names = chance.sample([*NAMES, KEY], chance.choice([0, 1, 1, 2])) if kind else []
    if names and ranged:
        names = [ranged, *(name for name in names if name != ranged)]
    equal = {item.property for item in wanted if item.operator == "="}
    free = [name for name in NAMES if name not in equal]
    projected = chance.sample(free, min(len(free), chance.choice([0, 0, 0, 1, 2]) if kind else 0))
    leads = projected and not {*names, ranged} - {None, *projected}
    return Query(
        namespace=space,
        kind=kind,
        ancestor=ancestor,
        filters=tuple(wanted),
        orders=tuple(Order(name, chance.random() < 0.5) for name in names),
        projection=tuple(projected),
        distinct=tuple(projected) if leads and chance.random() < 0.5 else (),
        keys_only=not projected and chance.random() < 0.2,
    )


def same_place(row, entity, query):
    """Whether a result is a row of the model's, with its values where it is a projection."""
    if row.key != entity.key:
        return False
    if query.keys_only:
        return entity.properties == ()
    if not query.projection:
        return repr(entity) == repr(row.entity)  # not-a-number differs from itself
    found = {item.name: rank(item.values[0]) for item in entity.properties}
    names = [name for name, _descending in Question(query).orders]
    wanted = {name: row.values[names.index(name)] for name in query.projection}
    return found == wanted


class Machine(RuleBasedStateMachine):
    """The engine beside the model, step by step."""

    cursors = Bundle("cursors")
    transactions = Bundle("transactions")

    @initialize(chance=seeds)
    def open(self, chance):
        self.directory = tempfile.TemporaryDirectory()
        self.datastore = Datastore(Path(self.directory.name))
        self.history = History()
        self.put(chance, 20)

    def teardown(self):
        if hasattr(self, "datastore"):
            self.datastore.close()
            self.directory.cleanup()

    def put(self, chance, most):
        puts = make_entities(chance, most)
        self.datastore.put_all(*puts)
        self.history.write(puts)

    def delete(self, chance):
        some = [make_key(chance), *chance.sample(list(self.history.now), 1)]
        gone = list(dict.fromkeys(some if self.history.now else some[:1]))
        self.datastore.delete_all(*gone)
        self.history.write([], gone)

    @rule(chance=seeds)
    def write(self, chance):
        """Another client puts or deletes, and everything is there afterwards."""
        if chance.random() < 0.6 or not self.history.now:
            self.put(chance, chance.randint(1, 8))
        else:
            self.delete(chance)
        for key in make_keys(chance, READS):
            assert repr(self.datastore.get_one(key)) == repr(self.history.now.get(key))

    @rule(target=cursors, chance=seeds)
    def run(self, chance):
        """All results in batches; the cursors behind some of them are kept."""
        found = [self.run_one(chance) for _time in range(QUERIES)]
        return multiple(*(cursor for cursor in found if cursor is not None))

    def run_one(self, chance):
        query, size = make_query(chance, self.history.now), chance.randint(1, 4)
        answers = self._run(query, size, {})
        if answers is None:
            return None
        rows = Question(query).rows(self.history.now)
        self._compare(query, rows, answers)
        count = self.datastore.count(CountRequest(query=query)).count
        assert count == len(rows)
        skip, limit = chance.randint(0, 3), chance.randint(0, 5)
        part = self.datastore.run(
            RunRequest(query=query, limit=limit, batch_size=5, offset=skip, wants_cursors=True)
        )
        assert part.skipped == min(skip, len(rows))
        found = [entity_decoder.decode(body) for body in part.results]
        self._compare(query, rows[skip : skip + limit], found)
        if not part.cursors:
            return None
        at = chance.randrange(len(part.cursors))
        return (query, rows[skip + at], part.cursors[at])

    @rule(cursor=cursors, size=st.integers(1, 4))
    def go_on(self, cursor, size):
        """Whatever has been written since, the results are those behind the cursor's place."""
        query, row, place = cursor
        question = Question(query)
        rows = question.rows(self.history.now)
        behind = [other for other in rows if question.compare(other, row) > 0]
        before = [other for other in rows if question.compare(other, row) <= 0]
        if query.distinct:  # those equal to the cursor's are passed, too
            size_of = len(query.distinct)
            behind = [other for other in behind if other.values[:size_of] != row.values[:size_of]]
            return self._compare(query, behind, self._run(query, size, {}, start=place))
        self._compare(query, behind, self._run(query, size, {}, start=place))
        self._compare(query, before, self._run(query, size, {}, end=place))

    @rule(target=transactions, chance=seeds)
    def begin(self, chance):
        seen = {}
        self.read(seen, chance)
        return seen

    @rule(seen=transactions, chance=seeds)
    def read_and_ask(self, seen, chance):
        """Reads and queries inside see the same moment, whatever the indexes hold now."""
        for _time in range(READS):
            self.read(seen, chance)
            self.ask(seen, chance)

    def read(self, seen, chance):
        """One moment for all groups, whenever they are first touched."""
        wanted = make_keys(chance, 3)
        answer = self.datastore.get(GetRequest(keys=tuple(wanted), versions=seen))
        self._learn(seen, answer.versions)
        assert {root_of(key) for key in wanted} <= seen.keys()
        moment = self.history.moment_of(seen)
        for key, body in zip(wanted, answer.entities, strict=True):
            found = None if bytes(body) == b"\xc0" else entity_decoder.decode(body)
            assert repr(found) == repr(moment.get(key))

    def ask(self, seen, chance):
        query = make_query(chance, self.history.now, inside=list(seen))
        answers = self._run(query, chance.randint(1, 4), seen)
        if answers is not None:
            moment = self.history.moment_of(seen)
            self._compare(query, Question(query).rows(moment), answers)

    @rule(seen=consumes(transactions), chance=seeds)
    def commit(self, seen, chance):
        """It succeeds if and only if no group that it has touched has moved."""
        puts = make_entities(chance, 3)
        gone = [key for key in make_keys(chance, 2) if key not in {put.key for put in puts}]
        if chance.random() < 0.5:  # most of what it has read it leaves alone
            puts, gone = puts[:1], []
        try:
            versions = self.datastore.transact(seen, puts=tuple(puts), deletes=tuple(gone))
        except ConcurrentTransactionError:
            assert not self.history.is_current(seen)
            return
        assert self.history.is_current(seen)
        assert versions == self.history.write(puts, gone)

    @invariant()
    def nothing_else_is_stored(self):
        if not hasattr(self, "history"):
            return
        for space in SPACES:
            stored = self.datastore.find("", namespace=space, keys_only=True)
            expected = {key for key in self.history.now if key.namespace == space}
            assert {entity.key for entity in stored} == expected
            assert len(stored) == len(expected)

    def _learn(self, seen, versions):
        assert not seen.keys() & versions.keys()
        seen.update(versions)
        assert self.history.moment_of(seen) is not None

    def _run(self, query, size, seen, **places):
        """Returns all results in batches; None if the query is refused."""
        found, start = [], places.pop("start", b"")
        inside = bool(seen) or query.ancestor is not None
        while True:
            options = {"versions": dict(seen)} if inside and seen is not None else {}
            try:
                answer = self.datastore.run(
                    RunRequest(query=query, start=start, batch_size=size, **places, **options)
                )
            except BadRequestError:
                return None
            if options:
                self._learn(seen, answer.versions)
            found += [entity_decoder.decode(body) for body in answer.results]
            start = answer.cursor
            if not answer.more:
                return found

    def _compare(self, query, rows, found):
        assert [row.key.path for row in rows] == [entity.key.path for entity in found]
        assert all(map(same_place, rows, found, [query] * len(rows)))


Machine.TestCase.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestMachine = Machine.TestCase
