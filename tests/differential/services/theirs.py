"""Plays programs against memcache and users of App Engine's SDK, in that SDK's own environment."""

import logging
import warnings

warnings.simplefilter("ignore")
logging.disable()

from google.appengine.api import apiproxy_stub_map, memcache  # noqa: E402
from google.appengine.ext import testbed  # noqa: E402

from tests.differential.services.player import serve  # noqa: E402


def main():
    bed = testbed.Testbed()
    bed.activate()
    bed.init_memcache_stub()
    bed.init_user_stub()
    stub = apiproxy_stub_map.apiproxy.GetStub("memcache")

    def clear():
        stub.Clear() if hasattr(stub, "Clear") else memcache.flush_all()

    serve(clear)


if __name__ == "__main__":
    main()
