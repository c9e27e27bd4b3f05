"""The instance's side of the wall: from the nursery to the request."""
