"""The public names of App Engine's modules of the datastore.

Source: App Engine, SDK for Python 3, by introspection; but for the names that the modules import
for themselves, and those that need protocol buffers, which docs/compatibility.md lists.
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
}
