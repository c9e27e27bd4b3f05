"""The first lines of the commands: what Ctrl-C does before there is anything to tidy up.

The rest of a command is imported when that is settled, for importing it takes a moment, too.
"""

import signal


def dev_appserver() -> int:
    """Runs dev_appserver.py with the process's own arguments; returns the exit status."""
    end_quietly()
    from appengine.cli.dev_appserver import main  # noqa: PLC0415  # late is the point

    return main()


def appcfg() -> int:
    """Runs appcfg.py with the process's own arguments; returns the exit status."""
    end_quietly()
    from appengine.cli.appcfg import main  # noqa: PLC0415  # late is the point

    return main()


def end_quietly() -> None:
    """Lets Ctrl-C end this process as it ends others, without a traceback: status 130 of a shell.

    Where a shell has told us to ignore it, that stays so.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
