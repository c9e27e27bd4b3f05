"""What all tests share: how long hypothesis searches."""

import os

from hypothesis import settings

import appengine  # noqa: F401  # the names of google.appengine, for every test

settings.register_profile("quick", max_examples=50, deadline=None)
settings.register_profile("thorough", max_examples=1000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))
