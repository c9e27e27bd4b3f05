"""The client of the datastore: entities, queries and transactions as applications call them."""
