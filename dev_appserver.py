"""Runs appengine.cli.dev_appserver from a checkout."""

from appengine.cli.dev_appserver import main

raise SystemExit(main())
