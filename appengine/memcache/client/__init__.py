"""What applications call: the class `Client`, and functions of a client that all share."""
