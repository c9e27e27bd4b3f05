"""Runs appengine.cli.dev_appserver from a checkout."""

from appengine.cli.entry import dev_appserver

raise SystemExit(dev_appserver())
