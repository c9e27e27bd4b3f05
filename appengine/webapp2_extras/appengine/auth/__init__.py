"""Where `auth` keeps users."""
