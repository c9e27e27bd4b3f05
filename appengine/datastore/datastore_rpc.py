"""Options of calls and transactions, and several calls as one.

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
from appengine.datastore.client.several import MultiRpc

__all__ = [
    "ALLOWED",
    "APPLY_ALL_JOBS_CONSISTENCY",
    "EVENTUAL_CONSISTENCY",
    "INDEPENDENT",
    "MANDATORY",
    "NESTED",
    "STRONG_CONSISTENCY",
    "BaseConfiguration",
    "Configuration",
    "MultiRpc",
    "TransactionOptions",
]

BaseConfiguration = Configuration
