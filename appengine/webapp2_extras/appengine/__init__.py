"""Parts of webapp2_extras that stand on the platform's services."""
