"""Plays programs against the datastore of App Engine's SDK, in that SDK's own environment."""

import logging
import warnings

warnings.simplefilter("ignore")
logging.disable()

from google.appengine.api import apiproxy_stub_map  # noqa: E402  # the warnings come first
from google.appengine.datastore import datastore_stub_util  # noqa: E402
from google.appengine.ext import testbed  # noqa: E402

from tests.differential.player import serve  # noqa: E402


def main():
    bed = testbed.Testbed()
    bed.activate()
    policy = datastore_stub_util.PseudoRandomHRConsistencyPolicy(probability=1)
    bed.init_datastore_v3_stub(consistency_policy=policy)
    bed.init_user_stub()
    stub = apiproxy_stub_map.apiproxy.GetStub("datastore_v3")
    serve(stub.Clear)


if __name__ == "__main__":
    main()
