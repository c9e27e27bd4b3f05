"""The limits that the datastore promises."""

MAX_BATCH = 500
"""Entities or keys of one put, delete or commit. Source: App Engine, "Quotas and limits"."""

MAX_GET = 1000
"""Keys of one get."""

MAX_PATH = 200
"""Items of a key's path: 100 pairs of a kind and an id or a name."""

MAX_GROUPS = 25
"""Entity groups of one transaction. Source: App Engine, "Transactions", section "XG"."""

MAX_ACTIONS = 5
"""Calls of other services in one commit. Source: App Engine, "Transactional tasks"."""

MAX_COMPONENTS = 100
"""Filters, sort orders and ancestor of one query together."""

MAX_CURSOR_BYTES = 65_536
"""Longest cursor: it holds a key and the values that the results are sorted by."""

MAX_RESULTS = 300
"""Results of one batch of a query."""

MAX_ENTITY_BYTES = 1_048_572
"""Largest entity as it is stored. Source: App Engine, "Quotas and limits"."""

MAX_RAW_BYTES = 1_048_487
"""Longest text or blob in no index. Source: observed."""

MAX_INDEXED_BYTES = 1500
"""Longest indexed string in UTF-8, and longest indexed byte string."""

MAX_LINK_BYTES = 2083
"""Longest link. Source: App Engine, `_MAX_LINK_PROPERTY_LENGTH`."""

MAX_NAME_BYTES = 500
"""Longest kind, key name and property name, in bytes of UTF-8."""

MAX_INDEX_ROWS = 20_000
"""Rows that one entity may have in all indexes together."""

MAX_COMPOSITE_BYTES = 2 * 2**20
"""Sum of an entity's rows in composite indexes: each has its values and the entity's key, as they
are encoded. Source: App Engine, "Quotas and limits", maximum size of an entity's index entries."""

MAX_ALLOCATION = 10**9
"""Ids of one allocated range."""

DEADLINE_SECONDS = 60.0
"""Deadline of every datastore call."""
