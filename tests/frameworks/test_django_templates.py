"""`webapp.template` is Django's engine where Django is among the requirements."""

import pytest

from tests.e2e.serving import CHECKOUT, DevServer
from tests.frameworks.libraries import provide

FOLDER = CHECKOUT / "tests" / "frameworks" / "django_templates"


@pytest.fixture(scope="module")
def server():
    provide(FOLDER)
    with DevServer([FOLDER]) as running:
        yield running


def test_a_template_is_django_s_with_the_application_s_own_tags_and_compiled_tags(server):
    reply = server.get("/page.html")
    assert reply.text.strip() == "<title>&lt;REX&gt;! 5++aba</title>"


def test_a_rendered_text_is_not_escaped_again(server):
    assert server.get("/inside").text.strip() == ("<title></title><title>&lt;REX&gt;! 5++</title>")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/broken.html", "TemplateSyntaxError: broken.html: Unexpected end of expression in if"),
        ("/missing.html", "missing.html' is not there"),
        ("/lacking.html", "TemplateDoesNotExist: missing.html"),
    ],
)
def test_what_is_wrong_with_a_template_is_told(server, path, text):
    reply = server.get(path)
    assert reply.status == 500
    assert text in reply.text
