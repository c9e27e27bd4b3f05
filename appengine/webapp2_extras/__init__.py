"""What applications take beside webapp2: routes, sessions, templates and more, a module each.

Source: webapp2, "API Reference - webapp2_extras".
"""
