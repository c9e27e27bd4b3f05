"""Command lines: arguments in, one call, exit status out."""
