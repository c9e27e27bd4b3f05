"""Rooms are found by their files, and what is no room is left alone."""

import subprocess
import sys


def test_a_package_without_a_declaration_is_not_imported():
    """An instance that asks for one service has not the memory of every framework."""
    program = """
import sys
from appengine.rpc.rooms import find_services
assert "datastore_v3" in find_services() or "datastore" in find_services()
print([name for name in ("appengine.webapp2", "webob", "appengine.webapp") if name in sys.modules])
"""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[]", done.stderr
