"""Statistics of what is stored, which the datastore writes once a day or on demand.

Source: App Engine, "Datastore Statistics" (`google.appengine.ext.db.stats`).
"""

from appengine.datastore.db.models import Model
from appengine.datastore.db.simple_properties import IntegerProperty, StringProperty
from appengine.datastore.db.times import DateTimeProperty


class BaseStatistic(Model):
    """Base of the statistics: `bytes` in `count` entities or values."""

    STORED_KIND_NAME = "__BaseStatistic__"

    bytes = IntegerProperty()
    count = IntegerProperty()
    timestamp = DateTimeProperty()

    @classmethod
    def kind(cls) -> str:
        """Returns the kind, which begins and ends with two underscores."""
        return cls.STORED_KIND_NAME


class BaseKindStatistic(BaseStatistic):
    """Base of the statistics of one kind."""

    STORED_KIND_NAME = "__BaseKindStatistic__"

    kind_name = StringProperty()
    entity_bytes = IntegerProperty(default=0)


class GlobalStat(BaseStatistic):
    """All entities."""

    STORED_KIND_NAME = "__Stat_Total__"

    entity_bytes = IntegerProperty(default=0)
    builtin_index_bytes = IntegerProperty(default=0)
    builtin_index_count = IntegerProperty(default=0)
    composite_index_bytes = IntegerProperty(default=0)
    composite_index_count = IntegerProperty(default=0)


class NamespaceStat(BaseStatistic):
    """The entities of one namespace, seen from the default one."""

    STORED_KIND_NAME = "__Stat_Namespace__"

    subject_namespace = StringProperty()
    entity_bytes = IntegerProperty(default=0)
    builtin_index_bytes = IntegerProperty(default=0)
    builtin_index_count = IntegerProperty(default=0)
    composite_index_bytes = IntegerProperty(default=0)
    composite_index_count = IntegerProperty(default=0)


class KindStat(BaseKindStatistic):
    """The entities of one kind."""

    STORED_KIND_NAME = "__Stat_Kind__"

    builtin_index_bytes = IntegerProperty(default=0)
    builtin_index_count = IntegerProperty(default=0)
    composite_index_bytes = IntegerProperty(default=0)
    composite_index_count = IntegerProperty(default=0)


class KindRootEntityStat(BaseKindStatistic):
    """The roots of entity groups of one kind."""

    STORED_KIND_NAME = "__Stat_Kind_IsRootEntity__"


class KindNonRootEntityStat(BaseKindStatistic):
    """The entities of one kind that have a parent."""

    STORED_KIND_NAME = "__Stat_Kind_NotRootEntity__"


class PropertyTypeStat(BaseStatistic):
    """The values of one type."""

    STORED_KIND_NAME = "__Stat_PropertyType__"

    property_type = StringProperty()
    entity_bytes = IntegerProperty(default=0)
    builtin_index_bytes = IntegerProperty(default=0)
    builtin_index_count = IntegerProperty(default=0)


class KindPropertyTypeStat(BaseKindStatistic):
    """The values of one type in one kind."""

    STORED_KIND_NAME = "__Stat_PropertyType_Kind__"

    property_type = StringProperty()
    builtin_index_bytes = IntegerProperty(default=0)
    builtin_index_count = IntegerProperty(default=0)


class KindPropertyNameStat(BaseKindStatistic):
    """The values of one property."""

    STORED_KIND_NAME = "__Stat_PropertyName_Kind__"

    property_name = StringProperty()
    builtin_index_bytes = IntegerProperty(default=0)
    builtin_index_count = IntegerProperty(default=0)


class KindPropertyNamePropertyTypeStat(BaseKindStatistic):
    """The values of one type of one property."""

    STORED_KIND_NAME = "__Stat_PropertyType_PropertyName_Kind__"

    property_name = StringProperty()
    property_type = StringProperty()
    builtin_index_bytes = IntegerProperty(default=0)
    builtin_index_count = IntegerProperty(default=0)


class KindCompositeIndexStat(BaseStatistic):
    """One composite index."""

    STORED_KIND_NAME = "__Stat_Kind_CompositeIndex__"

    index_id = IntegerProperty()
    kind_name = StringProperty()


class NamespaceGlobalStat(GlobalStat):
    """`GlobalStat` within a namespace."""

    STORED_KIND_NAME = "__Stat_Ns_Total__"


class NamespaceKindStat(KindStat):
    """`KindStat` within a namespace."""

    STORED_KIND_NAME = "__Stat_Ns_Kind__"


class NamespaceKindRootEntityStat(KindRootEntityStat):
    """`KindRootEntityStat` within a namespace."""

    STORED_KIND_NAME = "__Stat_Ns_Kind_IsRootEntity__"


class NamespaceKindNonRootEntityStat(KindNonRootEntityStat):
    """`KindNonRootEntityStat` within a namespace."""

    STORED_KIND_NAME = "__Stat_Ns_Kind_NotRootEntity__"


class NamespacePropertyTypeStat(PropertyTypeStat):
    """`PropertyTypeStat` within a namespace."""

    STORED_KIND_NAME = "__Stat_Ns_PropertyType__"


class NamespaceKindPropertyTypeStat(KindPropertyTypeStat):
    """`KindPropertyTypeStat` within a namespace."""

    STORED_KIND_NAME = "__Stat_Ns_PropertyType_Kind__"


class NamespaceKindPropertyNameStat(KindPropertyNameStat):
    """`KindPropertyNameStat` within a namespace."""

    STORED_KIND_NAME = "__Stat_Ns_PropertyName_Kind__"


class NamespaceKindPropertyNamePropertyTypeStat(KindPropertyNamePropertyTypeStat):
    """`KindPropertyNamePropertyTypeStat` within a namespace."""

    STORED_KIND_NAME = "__Stat_Ns_PropertyType_PropertyName_Kind__"


class NamespaceKindCompositeIndexStat(KindCompositeIndexStat):
    """`KindCompositeIndexStat` within a namespace."""

    STORED_KIND_NAME = "__Stat_Ns_Kind_CompositeIndex__"
