"""The types of keys and property values.

Source: App Engine, `google.appengine.api.datastore_types`.
"""

from datetime import UTC

from appengine.datastore.datastore_types.checks import (
    MAX_STRING_BYTES,
    validate_integer,
    validate_string,
)
from appengine.datastore.datastore_types.keys import (
    Key,
    resolve_application,
    resolve_namespace,
    typename,
)
from appengine.datastore.datastore_types.points import IM, BlobKey, GeoPt, Rating
from appengine.datastore.datastore_types.property_values import (
    KEY_SPECIAL_PROPERTY,
    RESERVED_PROPERTY_NAME,
    SCATTER_SPECIAL_PROPERTY,
    TYPE_NAMES,
    UNINDEXED_TYPES,
    Value,
    datetime_to_timestamp,
    from_property_type_name,
    property_type_name,
    property_value_from_string,
    timestamp_to_datetime,
    validate_property,
)
from appengine.datastore.datastore_types.texts import (
    Blob,
    ByteString,
    Category,
    Email,
    EmbeddedEntity,
    Link,
    PhoneNumber,
    PostalAddress,
    Text,
)
from appengine.datastore.datastore_types.validation import (
    UtcTzinfo,
    partition_string,
    restore_from_index_value,
    validate_property_integer,
    validate_property_key,
    validate_property_link,
    validate_property_nothing,
    validate_property_string,
    validate_read_property,
    validate_string_length,
)

__all__ = [
    "IM",
    "KEY_SPECIAL_PROPERTY",
    "MAX_STRING_BYTES",
    "RESERVED_PROPERTY_NAME",
    "SCATTER_SPECIAL_PROPERTY",
    "TYPE_NAMES",
    "UNINDEXED_TYPES",
    "UTC",
    "Blob",
    "BlobKey",
    "ByteString",
    "Category",
    "DatetimeToTimestamp",
    "DecodeAppIdNamespace",
    "Email",
    "EmbeddedEntity",
    "EncodeAppIdNamespace",
    "FromPropertyTypeName",
    "GeoPt",
    "Key",
    "Link",
    "PartitionString",
    "PhoneNumber",
    "PostalAddress",
    "PropertyTypeName",
    "PropertyValueFromString",
    "Rating",
    "ResolveAppId",
    "ResolveNamespace",
    "RestoreFromIndexValue",
    "Text",
    "UtcTzinfo",
    "ValidateInteger",
    "ValidateProperty",
    "ValidatePropertyInteger",
    "ValidatePropertyKey",
    "ValidatePropertyLink",
    "ValidatePropertyNothing",
    "ValidatePropertyString",
    "ValidateReadProperty",
    "ValidateString",
    "ValidateStringLength",
    "Value",
    "datetime_to_timestamp",
    "decode_application_and_namespace",
    "encode_application_and_namespace",
    "from_property_type_name",
    "partition_string",
    "property_type_name",
    "property_value_from_string",
    "resolve_application",
    "resolve_namespace",
    "restore_from_index_value",
    "timestamp_to_datetime",
    "typename",
    "validate_integer",
    "validate_property",
    "validate_property_integer",
    "validate_property_key",
    "validate_property_link",
    "validate_property_nothing",
    "validate_property_string",
    "validate_read_property",
    "validate_string",
    "validate_string_length",
]

SEPARATOR = "!"


def encode_application_and_namespace(application: str, namespace: str) -> str:
    """Returns one text for both: `application!namespace`, or the application alone."""
    return f"{application}{SEPARATOR}{namespace}" if namespace else application


def decode_application_and_namespace(text: str) -> tuple[str, str]:
    """Returns application and namespace: what `encode_application_and_namespace` was given."""
    application, _, namespace = text.partition(SEPARATOR)
    return application, namespace


DatetimeToTimestamp = datetime_to_timestamp
DecodeAppIdNamespace = decode_application_and_namespace
EncodeAppIdNamespace = encode_application_and_namespace
FromPropertyTypeName = from_property_type_name
PropertyTypeName = property_type_name
PropertyValueFromString = property_value_from_string
ResolveAppId = resolve_application
ResolveNamespace = resolve_namespace
ValidateInteger = validate_integer
ValidateProperty = validate_property
ValidateString = validate_string
PartitionString = partition_string
RestoreFromIndexValue = restore_from_index_value
ValidatePropertyInteger = validate_property_integer
ValidatePropertyKey = validate_property_key
ValidatePropertyLink = validate_property_link
ValidatePropertyNothing = validate_property_nothing
ValidatePropertyString = validate_property_string
ValidateReadProperty = validate_read_property
ValidateStringLength = validate_string_length
