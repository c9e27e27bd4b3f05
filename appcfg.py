"""Runs appengine.cli.appcfg from a checkout."""

from appengine.cli.appcfg import main

raise SystemExit(main())
