"""What templates can say. Source: Django, "The Django template language"."""

import datetime

import pytest

from appengine.webapp.template import TemplateSyntaxError


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("{{ pet.name }}", "Rex"),
        ("{{pet.name}}", "Rex"),
        ("{{ pet.call }} {{ call }}", "woof called"),
        ("{{ pet.toys.1 }} {{ d.b.0 }} {{ d.b.1.c }}", "bone 10 20"),
        ("{{ d.items }} {{ d.1 }}", "own one"),
        ("{{ pets.items.0 }}", ""),
        ("{{ missing }}{{ missing.a.b.0 }}{{ pet.missing }}{{ d.b.9 }}", ""),
        ("{{ pet.feed }}{{ pet.delete }}", ""),
        ("{{ none }} {{ True }} {{ 5 }} {{ -1.5 }}", "None True 5 -1.5"),
        ("{{ self }} {{ loop }} {{ range }} {{ cycler }}", "own self own loop own range "),
        ("{{ html }}", "&lt;b&gt;&amp;"),
        ("{{ \"<'\" }} {{ '\\'<é😀' }}", "<' '<é😀"),
        ("a{# {{ nothing }} {% nothing %} #}b", "ab"),
        ("{ { }} %} #}", "{ { }} %} #}"),
        ("{{\n}} {%\n%}", "{{\n}} {%\n%}"),
        ("{% verbatim %}{{ x }}{% if %}{% endverbatim %}", "{{ x }}{% if %}"),
        ("a{% comment %}{{ x }}{% nothing %}{% endcomment %}b", "ab"),
        ("{% templatetag openblock %}{% templatetag closevariable %}", "{%}}"),
    ],
)
def test_values_are_looked_up_and_shown(show, text, shown):
    assert show(text) == shown


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("n", True),
        ("zero", False),
        ("missing", False),
        ("not missing", True),
        ("n == 3", True),
        ("n != 3", False),
        ("n > 2 and n < 4", True),
        ("n >= 4 or n <= 3", True),
        ("not n == 3", False),
        ("zero or n and words", True),
        ('"a" in words', True),
        ('"z" not in words', True),
        ("none is None", True),
        ("n is not None", True),
        ("missing == None", True),
        ("missing > 3", False),
        ("missing < 3", False),
        ("n in missing", False),
        ("words|length == 3", True),
        ("pet.name|lower == 'rex'", True),
        ('pet.name == "a or b"', False),
    ],
)
def test_conditions_decide(show, condition, holds):
    text = f"{{% if {condition} %}}yes{{% else %}}no{{% endif %}}"
    assert show(text) == ("yes" if holds else "no")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("{% if zero %}a{% elif n %}b{% else %}c{% endif %}", "b"),
        ("{% ifequal n 3 %}a{% else %}b{% endifequal %}", "a"),
        ("{% ifnotequal n 3 %}a{% else %}b{% endifnotequal %}", "b"),
        ("{% for w in words %}{{ w }}{% endfor %}", "abc"),
        ("{% for w in words reversed %}{{ w }}{% endfor %}", "cba"),
        ("{% for reversed in words %}{{ reversed }}{% endfor %}", "abc"),
        ("{% for w in empty %}{{ w }}{% empty %}none{% endfor %}", "none"),
        ("{% for w in missing %}{{ w }}{% empty %}none{% endfor %}", "none"),
        ("{% for w in none %}{{ w }}{% empty %}none{% endfor %}", "none"),
        ("{% for a, b in pairs %}{{ a }}-{{ b }} {% endfor %}", "1-2 3-4 "),
        ("{% for k,v in pets.items %}{{ k }}={{ v }} {% endfor %}", "rex=dog tom=cat "),
        (
            "{% for w in pet.toys %}{{ forloop.counter }}{{ forloop.counter0 }} {% endfor %}",
            "10 21 ",
        ),
        (
            "{% for w in words %}{{ forloop.revcounter }}{{ forloop.revcounter0 }} {% endfor %}",
            "32 21 10 ",
        ),
        ("{% for w in words %}{% if not forloop.first %},{% endif %}{{ w }}{% endfor %}", "a,b,c"),
        ("{% for w in words %}{{ w }}{% if not forloop.last %},{% endif %}{% endfor %}", "a,b,c"),
        (
            "{% for a in words %}{% for b in pairs %}{{ forloop.parentloop.counter }}"
            "{{ forloop.counter }} {% endfor %}{{ forloop.counter }};{% endfor %}",
            "11 12 1;21 22 2;31 32 3;",
        ),
        (
            "{% for w in words %}{% block x %}{{ w }}{{ forloop.counter }}"
            "{% endblock %}{% endfor %}",
            "a1b2c3",
        ),
        ("{% for w in words %}{% cycle 'x' n %}{% endfor %}", "x3x"),
        (
            "{% for w in words %}{% cycle 'x' 'y' as c %}{{ c }}{% cycle c %} {% endfor %}",
            "xxy xxy xxy ",
        ),
        (
            "{% for w in words %}{% ifchanged n %}{{ w }}{% else %}-{% endifchanged %}{% endfor %}",
            "a--",
        ),
        ("{% for w in 'aab' %}{% ifchanged %}{{ w }}{% endifchanged %}{% endfor %}", "ab"),
        (
            "{% for a in pairs %}{% for w in words %}{% ifchanged n %}{{ w }}{% endifchanged %}"
            "{% endfor %}{% endfor %}",
            "aa",
        ),
        ("{% with x=n y='z' %}{{ x }}{{ y }}{% endwith %}{{ x }}", "3z"),
        ("{% with pet.name as x %}{{ x }}{% endwith %}", "Rex"),
        ("{% firstof missing zero pet.name %}{% firstof missing %}", "Rex"),
        (
            "{% regroup people by sex as groups %}{% for g in groups %}{{ g.grouper }}:"
            "{% for p in g.list %}{{ p.name }}{% endfor %} {% endfor %}",
            "f:AnnBea m:Cal ",
        ),
        ("{% regroup missing by x as g %}{% for a in g %}{{ a }}{% endfor %}", ""),
        (
            "{% regroup people by sex as g %}{% for sex, all in g %}{{ sex }}{{ all|length }}"
            "{% endfor %}",
            "f2m1",
        ),
        ("{% widthratio n 6 100 %} {% widthratio n zero 100 %}", "50 0"),
        ("{% spaceless %} <b> <i>a b</i> </b> {% endspaceless %}", "<b><i>a b</i></b>"),
        (
            "{% filter upper|cut:' ' %}<i>a b</i>{{ html }}{% endfilter %}",
            "<I>AB</I>&LT;B&GT;&AMP;",
        ),
        ("{% autoescape off %}{{ html }}{% endautoescape %}{{ html }}", "<b>&&lt;b&gt;&amp;"),
    ],
)
def test_tags_do_what_the_classic_engines_did(show, text, shown):
    assert show(text) == shown


def test_now_is_the_present_in_utc(show):
    before = datetime.datetime.now(datetime.UTC).year
    assert int(show('{% now "Y" %}')) - before in (0, 1)


def test_an_attribute_that_fails_itself_is_not_hidden(show):
    with pytest.raises(AttributeError, match="inside"):
        show("{{ pet.broken }}")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a\nb {% nothing %}", r":2: no tag 'nothing'"),
        ("{% fro x in y %}", r":1: no tag 'fro'; 'for'\?"),
        ("{% url x %}", r":1: tag 'url' needs .* write the path itself"),
        ("\n{{ x|lenght }}", r":2: no filter 'lenght'; 'length'\?"),
        ("{{ x|_value }}", r":1: no filter '_value'"),
        ("{{ x y }}", r":1: ' y' is left over in 'x y'"),
        ("{{ pet.call() }}", r":1: '\(\)' is left over"),
        ("{{ }}", r":1: a value is missing"),
        ("{{ x|cut: }}", r":1: filter 'cut': '' is no value"),
        ("{{ pet._secret }}", r":1: '_secret': names that begin with an underscore"),
        ("{{ 'x }}", r":1: \"'x\" is no value"),
        ("{% if 'x %}{% endif %}", r":1: ' without its other end"),
        ("\n\n{% if x %}", r":3: tag 'if' has no end"),
        ("{% if x %}\n{% for y in z %}\n{% endif %}", r":3: needs 'if' around it; is inside 'for'"),
        ("{% endif %}", r":1: needs 'if' around it; is outside of all tags"),
        ("{% else %}", r":1: needs 'if' or "),
        ("{% empty %}", r":1: needs 'for'"),
        ("{% if x == %}{% endif %}", r":1: a value is missing at the end"),
        ("{% if == x %}{% endif %}", r":1: a value is missing before '=='"),
        ("{% if x y %}{% endif %}", r":1: no operator, in spaces, before 'y'"),
        ("{% if x==y %}{% endif %}", r":1: '==y' is left over"),
        ("{% if %}{% endif %}", r":1: a value is missing at the end"),
        ("{% for x y %}{% endfor %}", r":1: 'for x y' is written: for NAME"),
        ("{% for _x in y %}{% endfor %}", r":1: '_x' is no name"),
        ("{% ifequal x %}{% endifequal %}", r":1: 'ifequal x' is written: ifequal A B"),
        ("{% block a %}{% endblock b %}", r":1: ends 'b'; open is 'a'"),
        (
            "{% block a %}{% endblock %}\n{% block a %}{% endblock %}",
            r":2: block 'a' is there already",
        ),
        ("{% if x %}{% extends 'a' %}{% endif %}", r":1: 'extends' stands before all other tags"),
        ("{% include 'a' only %}", r":1: .*'only' is not supported"),
        ("{% load nothing %}", r":1: load: no library 'nothing'"),
        ("{% block a.b %}{% endblock %}", r":1: block 'a\.b': a name of letters"),
        ("{% regroup x y %}", r":1: is written: regroup VALUE by NAME as NAME"),
        ("{{ 1.a }}", r":1: '1.a' is neither a number nor a name"),
        ("{{ x|length|_value }}", r":1: no filter '_value'"),
        ("{% with %}{% endwith %}", r":1: 'with' is written"),
        ("{% cycle %}", r":1: 'cycle' is written"),
        ("{% autoescape maybe %}{% endautoescape %}", r":1: .*is written: autoescape on"),
        ("{% templatetag x %}", r":1: .*is written: one of openblock"),
        ("\n{% comment %}\n\n", r":2: tag 'comment' has no end"),
        ("{% %}", r":1: a tag without a name"),
        ("a\n\x02", r":2: control character"),
        ("{% if a %}{% else %}{% elif b %}{% endif %}", r":1: "),
    ],
)
def test_a_wrong_template_is_an_error_with_file_and_line(show, text, reason):
    with pytest.raises(TemplateSyntaxError, match=r"^page\.html" + reason):
        show(text)
