"""This machine's layers, and the mark of a test that needs some of them."""

import pytest

from appengine.sandbox.cage.probe import probe

HERE = {layer.name: layer for layer in probe()}


def needs(*names):
    lacking = [f"{name}: {HERE[name].detail}" for name in names if not HERE[name].on]
    return pytest.mark.skipif(bool(lacking), reason=", ".join(lacking) or "nothing is lacking")
