"""The kernel wall: namespaces, Landlock, seccomp and limits."""
