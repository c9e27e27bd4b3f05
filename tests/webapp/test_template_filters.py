"""What filters show. Source: Django, "Built-in filter reference"."""

import datetime

import pytest


@pytest.mark.parametrize(
    ("expression", "shown"),
    [
        ("n|add:2", "5"),
        ("'a'|add:'b'", "ab"),
        ("words|add:n", ""),
        (r"'it\'s'|addslashes", r"it\'s"),
        (r'"it\'s"|addslashes', r"it\\\'s"),
        ("'rex'|capfirst", "Rex"),
        ("'rex'|center:7", "  rex  "),
        ("'rex'|ljust:5|add:'!'", "rex  !"),
        ("'rex'|rjust:5", "  rex"),
        ("'a b'|cut:' '", "ab"),
        ("missing|default:'x'", "x"),
        ("zero|default:'&'", "&"),
        ("none|default_if_none:'x'", "x"),
        ("zero|default_if_none:'x'", "0"),
        ("people|dictsortreversed:'name'|first|length", "2"),
        ("n|divisibleby:3", "True"),
        ("html|escape", "&lt;b&gt;&amp;"),
        ("html|escape|escape", "&lt;b&gt;&amp;"),
        ("html|escape|force_escape", "&amp;lt;b&amp;gt;&amp;amp;"),
        ('"a\'</script>"|escapejs', "a\\u0027\\u003C/script\\u003E"),
        ("13312|filesizeformat", "13.0 KB"),
        ("1|filesizeformat", "1 byte"),
        ("1073741824|filesizeformat", "1.0 GB"),
        ("words|first", "a"),
        ("words|last", "c"),
        ("empty|first", ""),
        ("34.23234|floatformat", "34.2"),
        ("34.0|floatformat", "34"),
        ("34.25|floatformat:1", "34.3"),
        ("34|floatformat:2", "34.00"),
        ("34.26|floatformat:-1", "34.3"),
        ("0.5|floatformat:0", "1"),
        ("'x'|floatformat", ""),
        ("4567|get_digit:2", "6"),
        ("words|join:', '", "a, b, c"),
        ("words|length", "3"),
        ("n|length", "0"),
        ("words|length_is:3", "True"),
        ("'a<\nb\n\nc'|cut:'<'|linebreaks", "<p>a<br />b</p>\n\n<p>c</p>"),
        ("'a\nb'|linebreaksbr", "a<br />b"),
        ("html|linebreaksbr", "&lt;b&gt;&amp;"),
        ("'ABC'|lower", "abc"),
        ("html|lower", "&lt;b&gt;&amp;"),
        ("123|make_list|join:'-'", "1-2-3"),
        ("n|pluralize", "s"),
        ("1|pluralize", ""),
        ("words|pluralize:'es'", "es"),
        ("1|pluralize:'y,ies'", "y"),
        ("html|safe", "<b>&"),
        ("words|slice:':2'|join:''", "ab"),
        ("'abc'|slice:'1'", "a"),
        ("'Jöe is  a_Slug!'|slugify", "joe-is-a_slug"),
        ("n|stringformat:'03d'", "003"),
        ("'x'|stringformat:'d'", ""),
        ("'<b>a</b>'|striptags", "a"),
        ("'<b>a</b><i>'|removetags:'b'", "a<i>"),
        ('"rex\'s MAN dog"|title', "Rex's Man Dog"),
        ("'a b c d'|truncatewords:2", "a b ..."),
        ("'a b'|truncatewords:2", "a b"),
        ("'abcdefg'|truncatechars:5", "ab..."),
        ("'abc'|upper", "ABC"),
        ("'a b/é'|urlencode", "a%20b/%C3%A9"),
        ("'a b'|wordcount", "2"),
        ("'aa bb cc'|wordwrap:5", "aa bb\ncc"),
        ("n|yesno", "yes"),
        ("none|yesno:'a,b,c'", "c"),
        ("none|yesno:'a,b'", "b"),
        ("zero|yesno:'a,b,c'", "b"),
        ("when|date", "April 7, 2008"),
        ("when|date:'D d M y, jS F; l'", "Mon 07 Apr 08, 7th April; Monday"),
        ("when|date:'n/N/m z w W t L b'", "4/April/04 98 1 15 30 True apr"),
        ("when|date:'H:i:s G g h a A f u'", "21:05:09 21 9 09 p.m. PM 9:05 000000"),
        (r"when|date:'\Y\e\a\r Y'", "Year 2008"),
        ("when|date:'c|U'", "2008-04-07T21:05:09+00:00|1207602309"),
        ("when|date:'r'", "Mon, 07 Apr 2008 21:05:09 +0000"),
        ("when|time", "9:05 p.m."),
        ("'x'|date", ""),
        ("missing|date:'Y'", ""),
        ("day|date:'Y H:i U'", "2008 00:00 1207612800"),
        ("day|time", ""),
        ("noon|time", "noon"),
        ("midnight|time:'P'", "midnight"),
        ("half|date:'P Y'", "9:30 a.m. "),
        ("half|date:'U'", ""),
        ("eleventh|date:'jS'", "11th"),
        ("'x'|timesince", ""),
        ("'x'|timeuntil", ""),
        ("eleventh|timesince|wordcount", "4"),
        ("pet|add:n", ""),
        ("34.5|floatformat:'x'", "34.5"),
        ("tags|safeseq|join:''", "<b><i>"),
        ("tags|join:'&'", "&lt;b&gt;&&lt;i&gt;"),
        ("people|dictsort:'name'|length", "3"),
        ("objects|dictsort:'x'|length", "0"),
        ("d.b|pprint", "[10, {&#39;c&#39;: 20}]"),
        ("empty|random", ""),
        ("'a'|random", "a"),
        ("pets|slice:':1'|join:''", "rex"),
        ("n|yesno:'x'", "3"),
        ("4567|get_digit:9", "0"),
        ("4567|get_digit:0", "4567"),
        ("4567|get_digit:'x'", "4567"),
        ("'x'|get_digit:1", "x"),
        ("'http://a.b/ä?q=ü'|iriencode", "http://a.b/%C3%A4?q=%C3%BC"),
        ("'a\nb'|linenumbers", "1. a\n2. b"),
        ("'MAX'|truncatechars:'9'", "MAX"),
        ("missing|upper|default:'x'", "x"),
        ("'http://a.b.'|urlize", '<a href="http://a.b" rel="nofollow">http://a.b</a>.'),
    ],
)
def test_filters_do_what_the_classic_engines_did(show, expression, shown):
    if "\n" in expression:  # no literal has line breaks, for a tag is one line
        literal, _, rest = expression.partition("'|")
        assert show(f"{{{{ given|{rest} }}}}", given=literal.strip("'")) == shown
    else:
        assert show(f"{{{{ {expression} }}}}") == shown


@pytest.mark.parametrize(
    ("before", "shown"),
    [
        ({"seconds": 30}, "0 minutes"),
        ({"minutes": 1}, "1 minute"),
        ({"days": 2, "hours": 3, "minutes": 4}, "2 days, 3 hours"),
        ({"days": 400}, "1 year, 1 month"),
        ({"days": -1}, "0 minutes"),
    ],
)
def test_spans_have_their_two_largest_units(show, before, shown):
    now = datetime.datetime(2008, 4, 7)
    values = {"now": now, "then": now - datetime.timedelta(**before)}
    assert show("{{ then|timesince:now }}", **values) == shown
    assert show("{{ now|timeuntil:then }}", **values) == shown


def test_lists_in_lists_are_items_in_items(show):
    text = show("{{ x|unordered_list }}", x=["<a>", ["b", "c"], "d"])
    assert text == "<li>&lt;a&gt;\n<ul>\n<li>b</li>\n<li>c</li>\n</ul>\n</li>\n<li>d</li>"
