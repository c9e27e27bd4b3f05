"""Django's WSGI application, as the builtin `django_wsgi` of app.yaml names it.

Source: App Engine, "app.yaml", `builtins` (`google.appengine.ext.django.main`).
"""

import os
from importlib import import_module


def __getattr__(name: str) -> object:
    """Returns Django's application as `app`, made when it is asked for: Django is not ours."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if "DJANGO_SETTINGS_MODULE" not in os.environ:
        raise ImportError(
            "builtins: django_wsgi needs DJANGO_SETTINGS_MODULE in env_variables of app.yaml"
        )
    return import_module("django.core.wsgi").get_wsgi_application()
