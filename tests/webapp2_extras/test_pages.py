"""Templates by Jinja2 and by Mako, and handlers' methods for users.

Source: webapp2, "Jinja2", "Mako", `webapp2_extras.appengine.users`.
"""

import sys
from types import SimpleNamespace

import jinja2 as library
import pytest

from appengine.webapp2 import RequestHandler, WSGIApplication
from appengine.webapp2_extras import jinja2, mako
from appengine.webapp2_extras.appengine.users import admin_required, login_required


@pytest.fixture
def pages(tmp_path, make_current):
    """Writes templates; returns an application that has them."""

    def write(config=None, debug=False, **texts):
        for name, text in texts.items():
            (tmp_path / f"{name}.html").write_text(text, encoding="utf-8")
        own = {"template_path": str(tmp_path), **(config or {})}
        both = {
            "webapp2_extras.jinja2": own,
            "webapp2_extras.mako": {"template_path": str(tmp_path)},
        }
        app, _ = make_current(config=both, debug=debug)
        return app

    return write


def test_a_template_is_rendered_and_values_are_escaped(pages):
    app = pages(
        page="{% extends 'frame.html' %}{% block main %}{{ name }}{% endblock %}",
        frame="<p>{% block main %}{% endblock %}</p>",
    )
    templates = jinja2.get_jinja2(app=app)
    assert templates.render_template("page.html", name="<é>") == "<p>&lt;é&gt;</p>"
    with pytest.raises(library.TemplateNotFound, match=r"none\.html"):
        templates.render_template("none.html")


def test_an_applications_templates_are_made_once(pages):
    app = pages()
    templates = jinja2.get_jinja2()
    assert jinja2.get_jinja2(app=app) is templates
    other = jinja2.Jinja2(app)
    jinja2.set_jinja2(other)
    assert jinja2.get_jinja2() is other and other.app is app
    assert other.config["environment_args"] == {"autoescape": True}
    assert jinja2.Jinja2.config_key == "webapp2_extras.jinja2"
    assert jinja2.default_config["template_path"] == "templates"


def test_a_handler_may_keep_its_templates_at_the_application(pages):
    app = pages(page="{{ 1 + 1 }}")

    class Page(RequestHandler):
        def get(self):
            self.response.write(jinja2.get_jinja2(app=self.app).render_template("page.html"))

    app.router.add(("/", Page))
    assert app.get_response("/").text == "2"


def test_globals_filters_and_arguments_are_configured(pages):
    config = {
        "globals": {"twice": lambda text: text * 2},
        "filters": {"shout": str.upper},
        "environment_args": {
            "autoescape": False,
            "extensions": ["jinja2.ext.autoescape", "jinja2.ext.with_", "jinja2.ext.do"],
            "variable_start_string": "[[",
            "variable_end_string": "]]",
        },
    }
    app = pages(config, page="[[ twice('<b>')|shout ]]{% do [] %}")
    templates = jinja2.get_jinja2(app=app)
    assert templates.render_template("page.html") == "<B><B>"
    assert isinstance(templates.environment, library.Environment)


def test_a_macro_of_a_template_is_a_function(pages):
    app = pages(page="{% macro hello(name) %}Hello, {{ name }}{% endmacro %}")
    hello = jinja2.get_jinja2(app=app).get_template_attribute("page.html", "hello")
    assert hello("Ann") == "Hello, Ann"


def test_templates_may_be_compiled_before(pages, tmp_path):
    app = pages(page="compiled {{ name }}")
    compiled = tmp_path / "compiled"
    jinja2.Jinja2(app).environment.compile_templates(str(compiled), zip=None)
    (tmp_path / "page.html").write_text("changed")
    for debug, force, text in [
        (False, False, "compiled x"),
        (True, False, "changed"),
        (True, True, "compiled x"),
    ]:
        app.debug = debug
        config = {"compiled_path": str(compiled), "force_compiled": force}
        assert jinja2.Jinja2(app, config).render_template("page.html", name="x") == text


def test_templates_may_be_in_several_folders(pages, tmp_path):
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "other.html").write_text("other")
    app = pages(page="page")
    templates = jinja2.Jinja2(app, {"template_path": [str(tmp_path), str(tmp_path / "more")]})
    assert templates.render_template("other.html") == "other"
    assert templates.render_template("page.html") == "page"


def test_mako_renders_and_escapes(pages):
    app = pages(page="<p>${name}</p>", frame="${self.body()}")
    templates = mako.get_mako(app=app)
    assert templates.render_template("page.html", name="<é>") == "<p>&lt;é&gt;</p>"
    assert mako.get_mako() is templates
    other = mako.Mako(app)
    mako.set_mako(other)
    assert mako.get_mako(app=app) is other and mako.Mako.config_key == "webapp2_extras.mako"
    assert other.environment.has_template("page.html")
    assert other.config["template_path"] != mako.default_config["template_path"] == "templates"


@pytest.fixture
def sign_in(monkeypatch):
    """Sets who the platform says is signed in."""

    def set_user(user, admin=False):
        users = SimpleNamespace(
            get_current_user=lambda: user,
            is_current_user_admin=lambda: admin,
            create_login_url=lambda uri: f"/_ah/login?continue={uri}",
        )
        monkeypatch.setitem(sys.modules, "google.appengine.api.users", users)

    return set_user


def page(decorate):
    """Returns an application whose page is decorated."""

    class Page(RequestHandler):
        @decorate
        def get(self, name):
            """Shows the name."""
            self.response.write(f"for you: {name}")

    assert Page.get.__doc__ == "Shows the name."
    return WSGIApplication([(r"/(\w+)", Page)])


@pytest.mark.parametrize("name", ["login_required", "admin_required"])
def test_who_is_not_signed_in_goes_to_the_login_page_and_comes_back(sign_in, name):
    sign_in(None)
    decorate = {"login_required": login_required, "admin_required": admin_required}[name]
    response = page(decorate).get_response("/rex?a=1")
    target = "http://localhost/_ah/login?continue=http://localhost/rex?a=1"
    assert (response.status_int, response.location) == (302, target)


def test_who_is_signed_in_sees_the_page(sign_in):
    sign_in("ann@example.com")
    assert page(login_required).get_response("/rex").text == "for you: rex"


def test_a_page_for_administrators_is_for_nobody_else(sign_in):
    sign_in("ann@example.com")
    assert page(admin_required).get_response("/rex").status_int == 403
    sign_in("ann@example.com", admin=True)
    assert page(admin_required).get_response("/rex").text == "for you: rex"
