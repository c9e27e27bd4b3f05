"""Source: App Engine, "Using Templates"; the module `google.appengine.ext.webapp.template`."""

import os
import sys
from types import ModuleType

import pytest

from appengine.webapp import template


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Writes files of an application whose folder is the current one; returns the first's path."""
    monkeypatch.setattr(template, "template_cache", {})
    monkeypatch.setattr(template, "_environments", {})
    monkeypatch.setattr(template, "_libraries", {})
    (tmp_path / "app").mkdir()
    monkeypatch.chdir(tmp_path / "app")

    def make(**files):
        paths = [tmp_path / "app" / f"{name.replace('__', '/')}.html" for name in files]
        for path, text in zip(paths, files.values(), strict=True):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return str(paths[0])

    return make


@pytest.fixture
def library(monkeypatch):
    """Registers a library of an application's own, as its module `own.pets`."""

    def add(register):
        module = ModuleType("own.pets")
        module.register = register
        monkeypatch.setitem(sys.modules, "own", ModuleType("own"))
        monkeypatch.setitem(sys.modules, "own.pets", module)
        template.register_template_library("own.pets")

    return add


def test_a_template_is_rendered_with_values(write):
    assert template.render(write(a="Hello, {{ name }}!\n"), {"name": "Rex"}) == "Hello, Rex!\n"


def test_a_path_may_be_relative_to_the_application(write):
    write(a="x", views__b="y")
    assert template.render("a.html", {}) + template.render("views/b.html", {}) == "xy"


def test_values_are_escaped(write):
    path = write(a="{{ x }} {{ x|safe }} {% autoescape off %}{{ x }}{% endautoescape %}")
    assert template.render(path, {"x": "<b>"}) == "&lt;b&gt; <b> <b>"


def test_a_rendered_text_is_not_escaped_again(write):
    inner = template.render(write(a="<b>{{ x }}</b>"), {"x": "<"})
    assert template.render(write(b="{{ inner }}"), {"inner": inner}) == "<b>&lt;</b>"


def test_the_configuration_may_ask_for_the_engine_that_did_not_escape(write, monkeypatch):
    module = ModuleType("appengine_config")
    module.webapp_django_version = "0.96"
    monkeypatch.setitem(sys.modules, "appengine_config", module)
    text = template.render(write(a="{{ x }}{{ x|escape }}{{ x|linebreaksbr }}"), {"x": "<b>"})
    assert (text, type(text)) == ("<b>&lt;b&gt;<b>", str)


def test_a_template_is_read_once_and_anew_with_debug(write):
    path = write(a="one")
    assert template.render(path, {}) == "one"
    write(a="two")
    assert template.render(path, {}) == "one"
    assert template.render(path, {}, debug=True) == "two"
    assert list(template.template_cache) == [path]


def test_a_loaded_template_can_be_rendered_again(write):
    loaded = template.load(write(a="{{ n }}"))
    assert [loaded.render({"n": n}) for n in (1, 2)] == ["1", "2"]
    assert loaded.name.endswith("a.html")


def test_a_template_extends_another(write):
    path = write(
        a='{% extends "base.html" %}{% block title %}{{ block.super }} of pets{% endblock title %}',
        base="<{% block title %}List{% endblock %}>{% block body %}none{% endblock %}",
    )
    assert template.render(path, {}) == "<List of pets>none"


def test_includes_and_parents_are_in_the_templates_folder(write):
    path = write(views__a='{% include "parts/b.html" %}', views__parts__b='{% include "c.html" %}')
    write(views__c="from views", c="from the top", views__parts__c="from parts")
    assert template.render(path, {}) == "from views"


def test_an_include_sees_all_values_and_those_it_is_given(write):
    path = write(a='{% include "b.html" with y=x %}{{ y }}', b="{{ x }}{{ y }};")
    assert template.render(path, {"x": "1"}) == "11;"


def test_a_templates_name_may_be_a_value(write):
    path = write(a="{% extends parent %}{% block x %}{% include part %}{% endblock %}", c="c")
    write(b="{% block x %}{% endblock %}")
    assert template.render(path, {"parent": "b.html", "part": "c.html"}) == "c"


def test_a_template_may_be_anywhere_in_the_application(write):
    path = write(views__a='{% include "../shared.html" %}', shared="shared")
    assert template.render(path, {}) == "shared"


@pytest.mark.parametrize("name", ["../../outside.html", "/etc/hostname", "link.html"])
def test_a_template_never_leaves_the_application(write, tmp_path, name):
    (tmp_path / "outside.html").write_text("secret")
    path = write(views__a="{% include name %}")
    os.symlink(tmp_path / "outside.html", "views/link.html")
    with pytest.raises(template.TemplateNotFoundError, match="lies outside of"):
        template.render(path, {"name": name})


def test_a_template_that_is_not_there_is_named_with_the_line_that_names_it(write):
    path = write(a='one\n{% include "b.html" %}')
    with pytest.raises(template.TemplateNotFoundError, match=r"b\.html.*No such file") as caught:
        template.render(path, {})
    assert caught.value.__notes__ == ["in template a.html:2"]
    with pytest.raises(template.TemplateNotFoundError, match=r"z\.html.*No such file"):
        template.render("z.html", {})


def test_an_exception_in_a_called_value_carries_the_templates_line(write):
    path = write(a='\n\n{% include "b.html" %}', b="\n{{ pet.name }}")

    def fail():
        raise ZeroDivisionError("the value's own")

    with pytest.raises(ZeroDivisionError) as caught:
        template.render(path, {"pet": {"name": fail}})
    assert caught.value.__notes__ == ["in template b.html:2"]


def test_a_template_that_is_not_utf8_is_an_error(write):
    path = write(a="")
    with open(path, "wb") as file:
        file.write(b"\xff")
    with pytest.raises(template.TemplateSyntaxError, match=r"a\.html: not UTF-8"):
        template.render(path, {})


def test_an_application_has_filters_of_its_own(write, library):
    register = template.create_template_register()

    @register.filter
    def bark(value, times=1):
        return f"{value}{'!' * int(times)}"

    @register.filter("loud")
    def shout(value):
        return value.upper()

    register.filter("quiet", str.lower)
    library(register)
    path = write(a='{% load pets %}{{ x|bark }}{{ x|bark:3 }}{{ x|loud }}{{ "X"|quiet }}')
    assert template.render(path, {"x": "<"}) == "&lt;!&lt;!!!&lt;x"


def test_an_application_has_tags_of_its_own(write, library):
    register = template.create_template_register()

    @register.simple_tag
    def pair(first, second="-"):
        return f"<{first}{second}>"

    @register.inclusion_tag("item.html")
    def item(name):
        return {"name": name.upper()}

    library(register)
    path = write(a="{% pair x second=y.z %}{% pair 1 %}{% item x %}", item="<li>{{ name }}</li>")
    text = template.render(path, {"x": "a&", "y": {"z": 2}})
    assert text == "&lt;a&amp;2&gt;&lt;1-&gt;<li>A&amp;</li>"


def test_a_tag_of_the_classic_engines_insides_is_refused():
    with pytest.raises(template.TemplateError, match="use simple_tag or inclusion_tag"):
        template.create_template_register().tag("x", print)


def test_a_filters_name_is_a_word():
    with pytest.raises(template.TemplateError, match="'_value' is no name"):
        template.create_template_register().filter("_value", str)


def test_a_module_without_register_is_no_library():
    with pytest.raises(template.TemplateError, match=r"string\.register is None"):
        template.register_template_library("string")
