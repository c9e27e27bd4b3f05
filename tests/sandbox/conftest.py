"""What the tests of the sandbox share."""

import pytest

from tests.sandbox import forked


@pytest.fixture(autouse=True)
def foreign_descriptors():
    """Keeps what other tests hold open out of the children of this one."""
    forked.note_foreign()
