"""The public names of App Engine's modules of the datastore.

Source: App Engine, SDK for Python 3, by introspection, which `tests/differential/test_names.py`
repeats; but for what the modules import for themselves from elsewhere.
"""

NAMES = {
    "google.appengine.ext.db": """
        ALLOWED AUTO_UPDATE_UNCHANGED BadArgumentError BadFilterError BadKeyError
        BadPropertyError BadQueryError BadRequestError BadValueError Blob BlobKey BlobProperty
        BooleanProperty ByteString ByteStringProperty Category CategoryProperty
        CommittedButStillApplying ComputedProperty ConfigurationError DateProperty
        DateTimeProperty DerivedPropertyError DuplicatePropertyError EVENTUAL_CONSISTENCY Email
        EmailProperty EntityNotFoundError Error Expando FloatProperty GeoPt GeoPtProperty
        GqlQuery IM IMProperty INDEPENDENT Index IntegerProperty InternalError
        KEY_RANGE_COLLISION KEY_RANGE_CONTENTION KEY_RANGE_EMPTY Key KindError Link LinkProperty
        ListProperty MANDATORY Model NESTED NeedIndexError NotSavedError PhoneNumber
        PhoneNumberProperty PostalAddress PostalAddressProperty PropertiedClass Property
        PropertyError Query QueryNotFoundError Rating RatingProperty Reference ReferenceProperty
        ReferencePropertyResolveError ReservedWordError Rollback RunInTransaction READ_CAPABILITY
        WRITE_CAPABILITY
        RunInTransactionCustomRetries STRONG_CONSISTENCY SelfReference SelfReferenceProperty
        StringListProperty StringProperty Text TextProperty TimeProperty Timeout
        TransactionFailedError TransactionNotFoundError URLProperty UnindexedProperty
        UserProperty ValidationError allocate_id_range allocate_ids allocate_ids_async
        check_reserved_word class_for_kind create_config create_rpc create_transaction_options
        delete delete_async get get_async get_indexes get_indexes_async is_in_transaction
        model_is_projection non_transactional put put_async query_descendants
        run_in_read_only_transaction run_in_read_only_transaction_options run_in_transaction
        run_in_transaction_custom_retries run_in_transaction_options save to_dict transactional
        websafe_decode_cursor websafe_encode_cursor
    """,
    "google.appengine.ext.db.metadata": """
        BaseMetadata EntityGroup Kind Namespace Property get_entity_group_version get_kinds
        get_namespaces get_properties_of_kind get_representations_of_kind
    """,
    "google.appengine.ext.db.polymodel": """
        PolyModel PolymorphicClass
    """,
    "google.appengine.ext.db.stats": """
        BaseKindStatistic BaseStatistic GlobalStat KindCompositeIndexStat KindNonRootEntityStat
        KindPropertyNamePropertyTypeStat KindPropertyNameStat KindPropertyTypeStat
        KindRootEntityStat KindStat NamespaceGlobalStat NamespaceKindCompositeIndexStat
        NamespaceKindNonRootEntityStat NamespaceKindPropertyNamePropertyTypeStat
        NamespaceKindPropertyNameStat NamespaceKindPropertyTypeStat NamespaceKindRootEntityStat
        NamespaceKindStat NamespacePropertyTypeStat NamespaceStat PropertyTypeStat
    """,
    "google.appengine.ext.gql": """
        Execute GQL LOG_LEVEL Literal MultiQuery
    """,
    "google.appengine.ext.key_range": """
        Error KeyRange KeyRangeError
    """,
    "google.appengine.api.datastore": """
        AllocateIds AllocateIdsAsync CreateConfig CreateRPC CreateTransactionOptions
        DEFAULT_TRANSACTION_RETRIES DatastoreRPC GetRpcFromKwargs READ_CAPABILITY
        WRITE_CAPABILITY Delete DeleteAsync EVENTUAL_CONSISTENCY Entity Get GetAsync
        GetIndexes GetIndexesAsync Index IsInTransaction Iterator Key MAXIMUM_RESULTS
        MAX_ALLOWABLE_QUERIES MultiQuery NonTransactional NormalizeAndTypeCheck
        NormalizeAndTypeCheckKeys Put PutAsync Query RunInReadOnlyTransaction
        RunInReadOnlyTransactionOptions RunInTransaction RunInTransactionCustomRetries
        RunInTransactionOptions STRONG_CONSISTENCY Transactional typename
    """,
    "google.appengine.api.datastore_types": """
        Blob BlobKey ByteString Category DatetimeToTimestamp DecodeAppIdNamespace Email
        EmbeddedEntity EncodeAppIdNamespace FromPropertyTypeName GeoPt IM KEY_SPECIAL_PROPERTY
        Key Link PartitionString PhoneNumber PostalAddress PropertyTypeName
        PropertyValueFromString RESERVED_PROPERTY_NAME Rating ResolveAppId ResolveNamespace
        RestoreFromIndexValue SCATTER_SPECIAL_PROPERTY Text UTC UtcTzinfo ValidateInteger
        ValidateProperty ValidatePropertyInteger ValidatePropertyKey ValidatePropertyLink
        ValidatePropertyNothing ValidatePropertyString ValidateReadProperty ValidateString
        ValidateStringLength typename
    """,
    "google.appengine.api.datastore_errors": """
        BadArgumentError BadFilterError BadKeyError BadPropertyError BadQueryError
        BadRequestError BadValueError CommittedButStillApplying EntityNotFoundError Error
        InternalError NeedIndexError QueryNotFoundError ReferencePropertyResolveError Rollback
        SnapshotVersionTooOldError Timeout TransactionFailedError TransactionNotFoundError
    """,
    "google.appengine.api.namespace_manager": """
        BadValueError get_namespace google_apps_namespace set_namespace validate_namespace
    """,
    "google.appengine.datastore.datastore_query": """
        Batch Batcher CompositeFilter CompositeOrder CorrelationFilter Cursor FetchOptions
        FilterPredicate Order PropertyFilter PropertyOrder Query QueryOptions ResultsIterator
        apply_query make_filter
    """,
    "google.appengine.datastore.datastore_rpc": """
        BaseConfiguration Configuration MultiRpc TransactionOptions
    """,
}

ABSENT = {
    "google.appengine.ext.db": "model_from_protobuf model_to_protobuf",
    "google.appengine.api.datastore": "DatastoreAdapter Entity.FromPb Entity.ToPb",
    "google.appengine.api.datastore_types": """
        Blob.meaning_uri FromPropertyPb FromReferenceProperty GetPropertyValueTag PackBlob PackBool
        PackDatetime PackFloat PackGeoPt PackInteger PackKey PackString PackUser
        PropertyValueToKeyValue ReferenceToKeyValue SetNamespace ToPropertyPb
    """,
    "google.appengine.datastore.datastore_query": "Batch.create_async inject_results",
    "google.appengine.datastore.datastore_rpc": """
        AbstractAdapter BaseConnection ConfigOption Connection IdentityAdapter TransactionMode
        TransactionalConnection
    """,
    "google.appengine.ext.key_range": """
        KeyRange.filter_ndb_query KeyRange.make_ascending_ndb_query KeyRange.make_directed_ndb_query
    """,
}
"""Those that are not there: docs/compatibility.md gives the reason of each."""

THEIR_OWN = frozenset("long map range zip".split())
"""What App Engine's modules have for Python 2's sake."""

OF_INSTANCES = {
    "Batch": """
        end_cursor index_list more_results query query_options results skipped_results start_cursor
    """,
    "CompositeFilter": "filters op",
    "CompositeOrder": "orders",
    "CorrelationFilter": "subfilter",
    "DatastoreRPC": """
        MyLocal deadline future get_result_hook method request response service user_data
    """,
    "PropertyFilter": "op value",
    "PropertyOrder": "direction prop",
    "Query": "ancestor app filter_predicate group_by kind namespace order read_time_us",
}
"""Attributes that App Engine's classes have as properties, and ours as instances' own."""
