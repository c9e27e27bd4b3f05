"""Every public name of App Engine's modules of the datastore is there, or listed as absent."""

import importlib
import inspect
import json
import subprocess

import pytest

from tests.datastore_client.public_names import ABSENT, NAMES, OF_INSTANCES, THEIR_OWN
from tests.differential import environment

INTROSPECTION = """
import importlib, inspect, json, sys, types, warnings
warnings.simplefilter("ignore")
found = {}
for name in json.loads(sys.argv[1]):
    module = importlib.import_module(name)
    for public in [each for each in dir(module) if not each.startswith("_")]:
        value = getattr(module, public)
        if isinstance(value, types.ModuleType):
            continue
        is_own = inspect.isclass(value) and value.__module__.startswith("google.appengine")
        own = [each for each in dir(value) if not each.startswith("_")] if is_own else []
        found.setdefault(name, {})[public] = own
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def theirs():
    """The SDK's public names by module, and the public attributes of those that are classes."""
    try:
        sdk = environment.find()
    except environment.UnavailableError as error:
        pytest.skip(str(error))
    command = [sdk, "-c", INTROSPECTION, json.dumps(list(NAMES))]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize("module", NAMES)
def test_each_name_is_there_or_absent_with_a_reason(theirs, module):
    """Source: `appengine-python-standard`, by introspection."""
    ours = importlib.import_module(module)
    known = THEIR_OWN | set(ABSENT.get(module, "").split())
    missing = [name for name in theirs[module] if name not in known and not hasattr(ours, name)]
    assert missing == []


@pytest.mark.parametrize("module", NAMES)
def test_each_class_has_the_methods_and_constants_of_app_engines(theirs, module):
    """Source: `appengine-python-standard`, by introspection."""
    ours = importlib.import_module(module)
    absent = {name for names in ABSENT.values() for name in names.split()}
    missing = [
        f"{name}.{attribute}"
        for name, attributes in theirs[module].items()
        if inspect.isclass(found := getattr(ours, name, None))
        for attribute in attributes
        if not hasattr(found, attribute)
        and f"{name}.{attribute}" not in absent
        and attribute not in OF_INSTANCES.get(name, "").split()
    ]
    assert missing == []
