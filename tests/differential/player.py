"""Plays programs against whatever datastore `google.appengine` reaches in this process."""

import json
import sys
from functools import partial

from google.appengine.api import datastore, namespace_manager
from google.appengine.ext import db
from google.appengine.ext.db import metadata

from tests.differential.building import (
    Pet,
    in_reverse,
    make_entity,
    make_key,
    make_query,
    make_value,
)
from tests.differential.calls import CALLS
from tests.differential.showing import Shower
from tests.differential.taking import take

SHOWN = ("transaction", "query", "gql")
"""Steps whose methods show themselves what they return."""

ALL = {"how": "fetch", "limit": None}

PARTS = ("count", "pages", "between", "walk", "back")
"""Ways to take results beside which the whole is shown: what is taken has to be a part of it."""

TOO_BROAD = ("object", "BaseException", "Exception", "Error", "ApplicationError")
"""Classes that nobody catches to tell one error from another."""


class OwnError(Exception):
    """What a program raises itself."""


class Player:
    """Plays one program."""

    def __init__(self):
        self._shower = Shower()

    def play(self, steps):
        """Returns the outcome of each step: what it gave, or the error's class and text."""
        return [self._outcome(step) for step in steps]

    def _outcome(self, step):
        namespace_manager.set_namespace(step.get("space", namespace_manager.get_namespace()))
        try:
            given = getattr(self, "_" + step["do"])(step)
            return given if step["do"] in SHOWN else self._shower.show(given)
        except Exception as error:
            return _refusal(error)

    def _put(self, step):
        return datastore.Put([make_entity(data) for data in step["entities"]])

    def _model(self, step):
        values = {name: make_value(value) for name, value in step["values"].items()}
        parent = make_key(step["parent"]) if step["parent"] else None
        pet = Pet(parent=parent, key_name=step["name"], **values)
        key = pet.put()
        return [key, db.get(key), pet.to_xml() if step["name"] else None]

    def _get(self, step):
        keys = [make_key(path) for path in step["keys"]]
        if step["api"] == "plain":
            return datastore.Get(keys)
        return db.get(keys)

    def _delete(self, step):
        delete = datastore.Delete if step["api"] == "plain" else db.delete
        return delete([make_key(path) for path in step["keys"]])

    def _allocate(self, step):
        start, end = db.allocate_ids(make_key(step["key"]), step["size"])
        return end - start

    def _query(self, step):
        make, how = partial(make_query, step), step["take"]
        taken = self._attempt(make, how, partial(make_query, in_reverse(step)))
        if step["several"] or step["projection"] or how["how"] in PARTS:
            return {"whole": self._attempt(make, ALL), "part": taken}
        return taken

    def _attempt(self, make, how, make_reversed=None):
        try:
            return self._shower.show(take(make, how, make_reversed))
        except Exception as error:
            return _refusal(error)

    def _gql(self, step):
        args = [make_value(value) for value in step["args"]]
        names = {name: make_value(value) for name, value in step["names"].items()}
        query = db.GqlQuery(step["text"], *args, **names)
        if step["take"]["how"] == "run":
            return self._shower.show(list(query))
        return self._attempt(lambda: query, step["take"])

    def _metadata(self, step):
        what, (start, end) = step["what"], step["ends"]
        if what == "namespaces":
            return metadata.get_namespaces(start, end)
        if what == "kinds":
            return metadata.get_kinds(start, end)
        if what == "properties":
            return metadata.get_properties_of_kind(step["kind"], start, end)
        if what == "representations":
            return metadata.get_representations_of_kind(step["kind"], start, end)
        key = make_key(step["key"])
        group = (key.namespace(), *key.to_path()[:2])
        return self._shower.version(group, metadata.get_entity_group_version(key))

    def _call(self, step):
        return CALLS[step["call"]](*(make_value(value) for value in step["args"]))

    def _transaction(self, step):
        outcomes = []
        end = self._run(step, outcomes)
        return [end, *outcomes]

    def _play_between(self, step):
        return db.non_transactional(lambda: self.play(step["between"]))()

    def _run(self, step, outcomes):
        left = [step["times"]]

        def body():
            attempt, between = ["attempt"], []
            outcomes.append(attempt)
            for number, item in enumerate(step["steps"]):
                if number == _place_of_between(step) and left[0]:
                    between = self._play_between(step)
                attempt.append(self._outcome(item))
            if step["between"] and left[0]:
                left[0] -= 1
                outcomes.append(["between", between or self._play_between(step)])
            return _end(step["end"])

        try:
            if step["read_only"]:
                run = datastore.RunInReadOnlyTransactionOptions
            else:
                run = db.run_in_transaction_options
            return ["returned", run(_options(step), body)]
        except Exception as error:
            return ["raised", type(error).__name__]


def _place_of_between(step):
    """Returns before which step others come: the last one, if a read has touched the group first.

    Else they come behind all steps: of a group that is only written the datastores differ.
    """
    steps = step["steps"]
    is_touched = step["between"] and len(steps) > 1 and steps[0]["do"] == "get"
    return len(steps) - 1 if is_touched else None


def _refusal(error):
    """Returns an error as JSON can carry it: its class, and what its class is besides."""
    name, *others = [kind.__name__ for kind in type(error).__mro__]
    classes = [name, *(other for other in others if other not in TOO_BROAD)]
    return {"error": name, "classes": classes, "text": str(error)[:300]}


def _end(end):
    if end == "rollback":
        raise db.Rollback()
    if end == "raise":
        raise OwnError
    if end == "nest":
        return db.run_in_transaction(lambda: "nested")
    return "committed"


def _options(step):
    given = {}
    if step["xg"] is not None:
        given["xg"] = step["xg"]
    if step["retries"] is not None:
        given["retries"] = step["retries"]
    if step["propagation"]:
        given["propagation"] = getattr(db, step["propagation"].upper())
    return db.create_transaction_options(**given)


def serve(clear):
    """Answers each program of standard input by a line; the datastore is empty before each."""
    for line in sys.stdin:
        clear()
        namespace_manager.set_namespace("")
        print(json.dumps(Player().play(json.loads(line))), flush=True)
