"""Measurements of the platform, side by side with what it is compared to."""
