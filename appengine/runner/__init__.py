"""Runs the loops of the rooms beside the console."""
