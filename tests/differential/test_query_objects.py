"""The objects of `datastore_query` say of entities what App Engine's own say."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.differential import environment
from tests.differential.query_objects import QUERIES

ROOT = Path(__file__).parents[2]
MODULE = "tests.differential.query_objects"


def lines(python, side):
    done = subprocess.run(
        [python, "-m", MODULE, side], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_filters_orders_and_batches_are_as_app_engines():
    """Source: `appengine-python-standard`, its `datastore_query` above its stub."""
    try:
        sdk = environment.find()
    except environment.UnavailableError as error:
        pytest.skip(str(error))
    theirs, ours = lines(sdk, "theirs"), lines(sys.executable, "ours")
    assert len(ours) == len(QUERIES) + 1
    for query, one, other in zip([*QUERIES, "components"], theirs, ours, strict=True):
        assert one == other, query
