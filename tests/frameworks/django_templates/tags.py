"""The application's own filter, simple tag and compiled tag."""

from django import template as django_template
from google.appengine.ext.webapp import template

register = template.create_template_register()


@register.filter
def shout(value):
    return f"{value}!".upper()


@register.simple_tag
def version():
    import django

    return django.VERSION[0]


class Twice(django_template.Node):
    def __init__(self, nodes):
        self.nodes = nodes

    def render(self, context):
        return self.nodes.render(context) * 2


@register.tag
def twice(parser, token):
    nodes = parser.parse(("endtwice",))
    parser.delete_first_token()
    return Twice(nodes)
