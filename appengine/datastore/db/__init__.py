"""Models: classes whose instances are stored in the datastore.

Source: App Engine, `google.appengine.ext.db`.
"""

from appengine.datastore.client.calls import (
    Operation,
)
from appengine.datastore.client.configuration import (
    ALLOWED,
    EVENTUAL_CONSISTENCY,
    INDEPENDENT,
    MANDATORY,
    NESTED,
    STRONG_CONSISTENCY,
    create_config,
    create_rpc,
    create_transaction_options,
)
from appengine.datastore.client.cursors import (
    Cursor,
)
from appengine.datastore.client.indexes import (
    Index,
    get_indexes,
    get_indexes_async,
)
from appengine.datastore.client.transaction import is_in_transaction
from appengine.datastore.client.transactions import (
    non_transactional,
    run_in_read_only_transaction,
    run_in_read_only_transaction_options,
    run_in_transaction,
    run_in_transaction_custom_retries,
    run_in_transaction_options,
    transactional,
)
from appengine.datastore.datastore_errors import (
    BadArgumentError,
    BadFilterError,
    BadKeyError,
    BadPropertyError,
    BadQueryError,
    BadRequestError,
    BadValueError,
    CommittedButStillApplying,
    EntityNotFoundError,
    Error,
    InternalError,
    NeedIndexError,
    QueryNotFoundError,
    ReferencePropertyResolveError,
    Rollback,
    Timeout,
    TransactionFailedError,
    TransactionNotFoundError,
    ValidationError,
)
from appengine.datastore.datastore_types import (
    IM,
    Blob,
    BlobKey,
    ByteString,
    Category,
    Email,
    GeoPt,
    Key,
    Link,
    PhoneNumber,
    PostalAddress,
    Rating,
    Text,
)
from appengine.datastore.db.errors import (
    ConfigurationError,
    DerivedPropertyError,
    DuplicatePropertyError,
    KindError,
    NotSavedError,
    PropertyError,
    ReservedWordError,
)
from appengine.datastore.db.expando import (
    Expando,
)
from appengine.datastore.db.functions import (
    KEY_RANGE_COLLISION,
    KEY_RANGE_CONTENTION,
    KEY_RANGE_EMPTY,
    allocate_id_range,
    allocate_ids,
    allocate_ids_async,
    delete,
    delete_async,
    get,
    get_async,
    model_is_projection,
    put,
    put_async,
    query_descendants,
    to_dict,
)
from appengine.datastore.db.kinds import (
    class_for_kind,
)
from appengine.datastore.db.lists import (
    ListProperty,
    StringListProperty,
)
from appengine.datastore.db.models import (
    Model,
    PropertiedClass,
)
from appengine.datastore.db.names import (
    check_reserved_word,
)
from appengine.datastore.db.properties import (
    AUTO_UPDATE_UNCHANGED,
    Property,
    UnindexedProperty,
)
from appengine.datastore.db.queries import (
    GqlQuery,
    Query,
)
from appengine.datastore.db.references import (
    ReferenceProperty,
    UserProperty,
    self_reference_property,
)
from appengine.datastore.db.simple_properties import (
    BlobProperty,
    BooleanProperty,
    ByteStringProperty,
    CategoryProperty,
    ComputedProperty,
    EmailProperty,
    FloatProperty,
    GeoPtProperty,
    IMProperty,
    IntegerProperty,
    LinkProperty,
    PhoneNumberProperty,
    PostalAddressProperty,
    RatingProperty,
    StringProperty,
    TextProperty,
    URLProperty,
)
from appengine.datastore.db.times import (
    DateProperty,
    DateTimeProperty,
    TimeProperty,
)
from appengine.rpc.capability_set import CapabilitySet

__all__ = [
    "ALLOWED",
    "AUTO_UPDATE_UNCHANGED",
    "EVENTUAL_CONSISTENCY",
    "IM",
    "INDEPENDENT",
    "KEY_RANGE_COLLISION",
    "KEY_RANGE_CONTENTION",
    "KEY_RANGE_EMPTY",
    "MANDATORY",
    "NESTED",
    "READ_CAPABILITY",
    "STRONG_CONSISTENCY",
    "WRITE_CAPABILITY",
    "BadArgumentError",
    "BadFilterError",
    "BadKeyError",
    "BadPropertyError",
    "BadQueryError",
    "BadRequestError",
    "BadValueError",
    "Blob",
    "BlobKey",
    "BlobProperty",
    "BooleanProperty",
    "ByteString",
    "ByteStringProperty",
    "Category",
    "CategoryProperty",
    "CommittedButStillApplying",
    "ComputedProperty",
    "ConfigurationError",
    "Cursor",
    "DateProperty",
    "DateTimeProperty",
    "DerivedPropertyError",
    "DuplicatePropertyError",
    "Email",
    "EmailProperty",
    "EntityNotFoundError",
    "Error",
    "Expando",
    "FloatProperty",
    "GeoPt",
    "GeoPtProperty",
    "GqlQuery",
    "IMProperty",
    "Index",
    "IntegerProperty",
    "InternalError",
    "Key",
    "KindError",
    "Link",
    "LinkProperty",
    "ListProperty",
    "Model",
    "NeedIndexError",
    "NotSavedError",
    "Operation",
    "PhoneNumber",
    "PhoneNumberProperty",
    "PostalAddress",
    "PostalAddressProperty",
    "PropertiedClass",
    "Property",
    "PropertyError",
    "Query",
    "QueryNotFoundError",
    "Rating",
    "RatingProperty",
    "Reference",
    "ReferenceProperty",
    "ReferencePropertyResolveError",
    "ReservedWordError",
    "Rollback",
    "RunInTransaction",
    "RunInTransactionCustomRetries",
    "SelfReference",
    "SelfReferenceProperty",
    "StringListProperty",
    "StringProperty",
    "Text",
    "TextProperty",
    "TimeProperty",
    "Timeout",
    "TransactionFailedError",
    "TransactionNotFoundError",
    "URLProperty",
    "UnindexedProperty",
    "UserProperty",
    "ValidationError",
    "allocate_id_range",
    "allocate_ids",
    "allocate_ids_async",
    "check_reserved_word",
    "class_for_kind",
    "create_config",
    "create_rpc",
    "create_transaction_options",
    "delete",
    "delete_async",
    "get",
    "get_async",
    "get_indexes",
    "get_indexes_async",
    "is_in_transaction",
    "model_is_projection",
    "non_transactional",
    "put",
    "put_async",
    "query_descendants",
    "run_in_read_only_transaction",
    "run_in_read_only_transaction_options",
    "run_in_transaction",
    "run_in_transaction_custom_retries",
    "run_in_transaction_options",
    "save",
    "self_reference_property",
    "to_dict",
    "transactional",
    "websafe_decode_cursor",
    "websafe_encode_cursor",
]

Reference = ReferenceProperty
RunInTransaction = run_in_transaction
RunInTransactionCustomRetries = run_in_transaction_custom_retries
SelfReference = self_reference_property
SelfReferenceProperty = self_reference_property
save = put
websafe_decode_cursor = Cursor.from_websafe_string
websafe_encode_cursor = Cursor.to_websafe_string

READ_CAPABILITY = CapabilitySet("datastore_v3")
WRITE_CAPABILITY = CapabilitySet("datastore_v3", ["write"])
"""Whether the datastore can be read, and whether it can be written: `.is_enabled()`."""
