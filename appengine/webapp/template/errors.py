"""What can be wrong with a template."""

from appengine.webapp.errors import Error


class TemplateError(Error):
    """Base of the errors of templates."""


class TemplateSyntaxError(TemplateError):
    """A template's text is wrong: `guestbook.html:12: ...`."""


class TemplateNotFoundError(TemplateError):
    """A template is not there, or lies outside of the application."""
