"""Handlers and other objects by their dotted names, imported when they are first needed."""

import sys
from importlib import import_module


class ImportStringError(Exception):
    """An object cannot be imported by its name; the text says which part of it is missing."""

    def __init__(self, import_name: str, exception: Exception) -> None:
        self.import_name = import_name
        self.exception = exception
        found = _found_parts(import_name)
        missing = import_name.removeprefix(found).lstrip(".")
        where = f"{found!r} is there, {missing!r} is not in it" if found else "none of it is there"
        super().__init__(
            f"import_string() failed for {import_name!r}: {where}; "
            f"{type(exception).__name__}: {exception}"
        )


def import_string(import_name: str, silent: bool = False) -> object:
    """Returns the object of a dotted name: a module, or what stands in one.

    Args:
        import_name: `"blog.handlers.Archive"`.
        silent: None instead of an error.

    Raises:
        ImportStringError: there is no such object, or its module cannot be imported.
    """
    name = str(import_name)
    module, _, last = name.rpartition(".")
    try:
        if not module:
            return import_module(name)
        parent = import_module(module)
        if not hasattr(parent, last):
            import_module(name)  # a module of a package
        return getattr(parent, last)
    except (ImportError, AttributeError) as error:
        if silent:
            return None
        raised = ImportStringError(name, _attribute_error(module, last, error))
    raise raised.with_traceback(sys.exc_info()[2]) from raised.exception


def _attribute_error(module: str, last: str, error: Exception) -> Exception:
    """Returns what to tell: that the module lacks the name, where it is a module that lacks it."""
    if module in sys.modules and isinstance(error, ModuleNotFoundError):
        if error.name == f"{module}.{last}":
            return AttributeError(f"module {module!r} has no attribute {last!r}")
    return error


def _found_parts(name: str) -> str:
    """Returns the longest part of a dotted name that is a module."""
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        if ".".join(parts[:count]) in sys.modules:
            return ".".join(parts[:count])
    return ""
