"""The messages of reads, writes, commits and ids."""

from typing import Annotated

import msgspec
from msgspec import Meta

from appengine.datastore.service.entities import Entity, Key, Stored
from appengine.datastore.service.limits import (
    MAX_ACTIONS,
    MAX_ALLOCATION,
    MAX_BATCH,
    MAX_GET,
    MAX_GROUPS,
)
from appengine.rpc.service import Message

Versions = Annotated[dict[Key, int], Meta(max_length=MAX_GROUPS)]
"""The version at which a transaction sees each entity group, by the group's root key."""

Keys = Annotated[tuple[Key, ...], Meta(max_length=MAX_BATCH)]
Entities = Annotated[tuple[Entity, ...], Meta(max_length=MAX_BATCH)]


class GetRequest(Message):
    """Reads entities.

    Attributes:
        versions: None outside of a transaction; inside, the groups touched up to now.
        eventual: the read may miss the last moments' commits (`EVENTUAL_CONSISTENCY`).
    """

    keys: Annotated[tuple[Key, ...], Meta(max_length=MAX_GET)]
    versions: Versions | None = None
    eventual: bool = False


class GetResponse(Message):
    """Answers in the keys' order.

    Attributes:
        versions: of the groups that the transaction had not touched before this call.
    """

    entities: tuple[Stored, ...]
    versions: dict[Key, int] = msgspec.field(default_factory=dict)


class PutRequest(Message):
    """Writes entities outside of a transaction; the last of several with one key stays."""

    entities: Entities


class PutResponse(Message):
    """The complete keys, in the entities' order."""

    keys: tuple[Key, ...]


class DeleteRequest(Message):
    """Deletes entities outside of a transaction; an absent one is no error."""

    keys: Keys


class DeleteResponse(Message):
    """The entities are gone."""


class Action(Message):
    """A call of another service that is done in the commit, or not at all.

    Attributes:
        message: the call's request as msgpack.
    """

    service: str
    method: str
    message: bytes


class CommitRequest(Message):
    """Ends a transaction: all of it happens if no group has moved, else nothing.

    Attributes:
        reads: every group that the transaction has touched, with the version it saw (the call
            `versions` tells it where the first touch is a write); a group that is written and not
            in here is written whatever its version is.
        puts: with complete keys (`complete` gives them ids); no key twice, none also deleted.
        actions: done in the same SQL transaction; the commit fails with the first that fails.
        ticket: what `precede` has returned to this transaction, which waits for no other then.
    """

    reads: Versions
    puts: Entities = ()
    deletes: Keys = ()
    actions: Annotated[tuple[Action, ...], Meta(max_length=MAX_ACTIONS)] = ()
    ticket: Annotated[int, Meta(ge=0)] = 0


class CommitResponse(Message):
    """The new versions of the groups that were written."""

    versions: dict[Key, int]


class PrecedeRequest(Message):
    """Asks that a transaction which met a conflict is not overtaken again: it is about to retry.

    Attributes:
        keys: the roots of the groups that it touched.
    """

    keys: Annotated[tuple[Key, ...], Meta(max_length=MAX_GROUPS)]


class PrecedeResponse(Message):
    """Until the commit, for a tenth of a second at most, commits of others wait.

    Attributes:
        ticket: for the commit; 0 if others, which go first, have taken too long.
    """

    ticket: int


class VersionsRequest(Message):
    """Asks for the versions of groups that a transaction writes without reading.

    Attributes:
        keys: any keys of the groups.
        versions: the groups touched up to now.
    """

    keys: Keys
    versions: Versions = msgspec.field(default_factory=dict)


class VersionsResponse(Message):
    """Of the groups not touched before, by root key; one that was never written has version 0."""

    versions: dict[Key, int]


class CompleteRequest(Message):
    """Asks for ids: a transaction completes its new keys before the commit."""

    keys: Keys


class CompleteResponse(Message):
    """The keys in their order, all complete."""

    keys: tuple[Key, ...]


class AllocateRequest(Message):
    """Reserves ids: `size` of them, or all up to `max` (exactly one of the two).

    Attributes:
        key: a key of the parent and kind whose ids are meant; its own last id is ignored.
    """

    key: Key
    size: Annotated[int, Meta(ge=1, le=MAX_ALLOCATION)] | None = None
    max: Annotated[int, Meta(ge=1, le=2**63 - 1)] | None = None


class AllocateResponse(Message):
    """The range, both ends included; empty (`end` = `start` - 1) where `max` was passed before."""

    start: int
    end: int
