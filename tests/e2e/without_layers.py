"""Starts `dev_appserver.py` with layers of the sandbox left out: `without_layers.py python -- …`.

Only tests can do this: the product has no flag that takes a layer down which the machine has.
"""

import sys

from appengine.cli.dev_appserver import main
from appengine.supervisor import run

separator = sys.argv.index("--")
left_out = set(sys.argv[1:separator])
choose = run.choose_layers
run.choose_layers = lambda layers, settings: [
    name for name in choose(layers, settings) if name not in left_out
]
raise SystemExit(main(sys.argv[separator + 1 :]))
