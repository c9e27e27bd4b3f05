"""An application platform: services for applications that share nothing with a machine."""
