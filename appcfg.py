"""Runs appengine.cli.appcfg from a checkout."""

from appengine.cli.entry import appcfg

raise SystemExit(appcfg())
