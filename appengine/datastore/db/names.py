"""Which names a property cannot have.

Source: App Engine, `google.appengine.ext.db`, `check_reserved_word`.
"""

import re

from appengine.datastore.db.errors import ReservedWordError

RESERVED_WORDS = frozenset(
    (
        "all",
        "app",
        "copy",
        "delete",
        "entity",
        "entity_type",
        "fields",
        "from_entity",
        "get",
        "get_by_id",
        "get_by_key_name",
        "get_or_insert",
        "gql",
        "has_key",
        "instance_properties",
        "is_saved",
        "key",
        "key_name",
        "kind",
        "parent",
        "parent_key",
        "properties",
        "put",
        "save",
        "setdefault",
        "to_xml",
        "update",
    )
)
"""The names of a model's own parts."""

_is_special = re.compile(r"__.*__\Z").match


def check_reserved_word(attr_name: str) -> None:
    """Raises ReservedWordError where no property may have this name."""
    if _is_special(attr_name):
        raise ReservedWordError(
            "Cannot define property.  All names both beginning and ending with '__' are reserved."
        )
    if attr_name in RESERVED_WORDS:
        raise ReservedWordError(
            f"Cannot define property using reserved word {attr_name!r}. If you would like to use "
            f"this name in the datastore consider using a different name like {attr_name}_ and "
            f"adding name={attr_name!r} to the parameter list of the property definition."
        )
