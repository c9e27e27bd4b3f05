"""Options of calls and transactions, by the name that applications import them.

Source: App Engine, `google.appengine.datastore.datastore_rpc`.
"""

from appengine.datastore.client.configuration import (
    ALLOWED,
    APPLY_ALL_JOBS_CONSISTENCY,
    EVENTUAL_CONSISTENCY,
    INDEPENDENT,
    MANDATORY,
    NESTED,
    STRONG_CONSISTENCY,
    Configuration,
    TransactionOptions,
)

__all__ = [
    "ALLOWED",
    "APPLY_ALL_JOBS_CONSISTENCY",
    "EVENTUAL_CONSISTENCY",
    "INDEPENDENT",
    "MANDATORY",
    "NESTED",
    "STRONG_CONSISTENCY",
    "Configuration",
    "TransactionOptions",
]
