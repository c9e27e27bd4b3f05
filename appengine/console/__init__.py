"""The Admin Console: the administrators' pages."""
