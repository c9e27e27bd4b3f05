"""The project: settings, addresses, and what the platform calls."""
