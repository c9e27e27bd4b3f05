"""The front: the trusted HTTP server that routes requests to instances and executes their calls."""
