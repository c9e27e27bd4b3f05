"""What all tests share: how long hypothesis searches."""

import os
import signal

from hypothesis import settings

import appengine  # noqa: F401  # the names of google.appengine, for every test

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as of a job behind `&`: servers inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("quick", max_examples=50, deadline=None)
settings.register_profile("thorough", max_examples=1000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))
