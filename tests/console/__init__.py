"""The Admin Console: who may see it, and what it shows."""
