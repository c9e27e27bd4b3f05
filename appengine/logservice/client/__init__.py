"""What applications call: the buffer of a request's lines, and reading what is kept."""
