"""The files that an application states: app.yaml and its companions."""
