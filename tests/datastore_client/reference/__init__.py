"""App Engine's datastore row by row, as functions that run wherever an application runs.

They import nothing but App Engine's names and `expecting`, so that `tests.datastore_client.
test_reference` can run each of them beside the engine, through the wire and in a cage. Every one
begins with an empty datastore. The sections are those of App Engine's documentation.
"""
