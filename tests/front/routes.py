"""A version's route for tests of what uses one."""

from appengine.front.routes import VersionRoute


def make_route(**fields: object) -> VersionRoute:
    """Returns the route of a version that has no handler and no instance."""
    whole = {
        "name": "v1",
        "column": 0,
        "socket": "",
        "directory": "",
        "application": "trial",
        "module": "default",
        "version": "1",
        "runtime": "python",
        "handlers": (),
        "entrypoint": "",
        "environ": {},
        "skip_files": "",
        **fields,
    }
    return VersionRoute(**whole)  # type: ignore[arg-type]  # a test's own fields
