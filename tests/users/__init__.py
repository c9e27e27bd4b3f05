"""Users: links, cookies, the login page."""
