"""URL matching: the first handler that matches the whole path."""

import timeit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appengine.config.handlers import ScriptHandler, StaticHandler
from appengine.config.patterns import Regex, RegexSet
from appengine.front.urls import ENTRYPOINT, UrlMap, first_segment, script_name


def url_map(*urls: str, **options: bool) -> UrlMap:
    handlers = [ScriptHandler(url=url, script=f"s{place}.app") for place, url in enumerate(urls)]
    return UrlMap(handlers, **options)


def script(urls: UrlMap, path: str) -> str | None:
    found = urls.match(path)
    return found[0].script if found else None


def test_the_first_handler_that_matches_answers():
    """Source: App Engine, "app.yaml", handlers: they are tried in the order of the file."""
    urls = url_map("/a/b", "/a/.*", "/.*")
    assert [script(urls, path) for path in ("/a/b", "/a/c", "/b")] == ["s0.app", "s1.app", "s2.app"]


def test_the_whole_path_must_match():
    urls = url_map("/a", "/b|/c")
    assert [script(urls, path) for path in ("/a", "/c")] == ["s0.app", "s1.app"]
    assert [script(urls, path) for path in ("/ab", "/a/", "/xa", "/bx", "/x/c", "")] == [None] * 6


def test_groups_come_with_the_match_and_absent_ones_are_empty():
    handler, groups = url_map("/(a)?/(b+)").match("//bb")
    assert (handler.url, groups) == ("/(a)?/(b+)", ("//bb", "", "bb"))


def test_without_a_match_there_is_none_in_a_classic_runtime():
    assert url_map("/a").match("/b") is None
    assert url_map().match("/") is None


def test_without_a_match_the_entrypoint_of_a_modern_runtime_answers():
    assert url_map("/a", has_entrypoint=True).match("/b") == (ENTRYPOINT, ("/b",))
    assert url_map(has_entrypoint=True).match("/") == (ENTRYPOINT, ("/",))


def test_all_matches_come_in_order_for_files_that_may_be_missing():
    urls = url_map("/a.*", "/b", "/.*", has_entrypoint=True)
    assert [handler.url for handler, _ in urls.matches("/ab")] == ["/a.*", "/.*", ENTRYPOINT.url]


def test_a_path_is_matched_as_utf_8():
    path = "/gruß".encode().decode("latin-1")
    assert url_map("/gru(.)").match(path)[1] == ("/gruß", "ß")


@pytest.mark.parametrize("tail", ["\xff", "\n", "a\nb", "\x00", "\xed\xa0\x80", "\u20ac"])
def test_no_byte_of_a_path_slips_past_a_pattern_that_covers_everything(tail):
    """Otherwise `/admin/%0A` would miss `login: admin` and reach a later handler."""
    assert script(url_map("/admin/.*", "(?s).*"), f"/admin/{tail}") == "s0.app"


@given(st.lists(st.sampled_from(["/a", "/a.*", "/(a|b)+", "/.*b", "/[^a]*", "/a{2}"]), max_size=6))
def test_one_pass_finds_what_one_by_one_finds(patterns):
    urls = url_map(*patterns)
    for path in ("/", "/a", "/aa", "/ab", "/b", "/ba", "/c"):
        one_by_one = [text for text in patterns if Regex(text).match(path) is not None]
        assert [handler.url for handler, _ in urls.matches(path)] == one_by_one


SEGMENTS = st.sampled_from(
    ["a", "b", "ab", "a.", "a*", "b?", "(a)", "[ab]", "", "a+", "a{2}", "\\."]
)
URLS = st.builds(
    lambda parts, end: "/" + "/".join(parts) + end,
    st.lists(SEGMENTS, min_size=1, max_size=3),
    st.sampled_from(["", "/", "/.*", ".*", "|/b", "/*", "/?", "(/x)?"]),
)


@given(st.lists(URLS, max_size=12), st.text("ab./", max_size=6))
def test_what_is_left_out_by_its_first_segment_would_not_have_matched(patterns, rest):
    urls = url_map(*patterns)
    for path in (f"/{rest}", f"/a/{rest}", f"/ab/{rest}"):
        expected = [text for text in patterns if Regex(text).match(path) is not None]
        assert [handler.url for handler, _ in urls.matches(path)] == expected
        assert [handler.url for handler, _ in urls.matches(path)] == expected  # remembered


@pytest.mark.parametrize(
    ("url", "segment"),
    [
        ("/a/.*", "a"),
        ("/a/b", "a"),
        ("/a", "a"),
        ("/", ""),
        ("/a.*", None),
        ("/(a|b)/c", None),
        ("/a/b|/c", None),
        ("/ab?/c", None),
        ("/a/*", None),
        ("/a/?", None),
        (".*", None),
        (r"/a\.b/(.*)", None),
        ("/a~b-c_D/(.*)", "a~b-c_D"),
    ],
)
def test_the_first_segment_of_an_expression_is_known_where_it_is_plain(url, segment):
    assert first_segment(url) == segment


def test_a_pass_that_runs_out_of_memory_is_told_from_one_without_a_match():
    found = RegexSet(["/a.*", "/b"])
    assert (found.match("/ab"), found.match("/c"), found.match("/b")) == ([0], [], [1])
    greedy = [f"/.*{letter}.{{{count}}}" for letter in "abcdefghij" for count in range(20, 30)]
    path = "/" + "abcdefghij" * 30
    matches = RegexSet(greedy).match(path)
    expected = [place for place, text in enumerate(greedy) if Regex(text).match(path)]
    assert matches in (None, expected)
    assert script(url_map(*greedy), path) == f"s{expected[0]}.app"


def test_an_expression_that_backtracking_takes_years_for_costs_nothing():
    urls = url_map("/(a+)+b", "/(a|a)*b", "/.*")
    path = "/" + "a" * 5000
    assert timeit.timeit(lambda: urls.match(path), number=1) < 1
    assert script(urls, path) == "s2.app"


@pytest.mark.parametrize("path", ["/area0/x/1", "/area150/x/1", "/other", "none"])
def test_two_hundred_handlers_cost_hardly_more_than_two(path):
    def urls(count: int) -> UrlMap:
        return url_map(*(f"/area{place}/(.*)/([0-9]+)" for place in range(count - 1)), "/.*")

    def microseconds(found: UrlMap) -> float:
        return timeit.timeit(lambda: found.match(path), number=100) / 100 * 1e6

    few, many = urls(2), urls(200)
    rounds = [(microseconds(few), microseconds(many)) for _ in range(20)]
    best_few, best_many = (min(times) for times in zip(*rounds, strict=True))
    assert best_many - best_few <= 20


@pytest.mark.parametrize(
    ("template", "groups", "expected"),
    [
        ("main.py", ("/x",), "main.py"),
        ("\\1.py", ("/x", "x"), "x.py"),
        ("\\1/\\2/\\1.py", ("/a/b", "a", "b"), "a/b/a.py"),
        ("\\1.py", ("/x", "\\2"), ""),
        ("\\1.py", ("/x", "../x"), ""),
        ("\\1.py", ("/x", "/etc/x"), ""),
        ("\\1.py", ("/x", "a\0"), ""),
        ("pages.\\1", ("/x", "app"), "pages.app"),
    ],
)
def test_a_script_gets_its_groups_and_never_leaves_the_application(template, groups, expected):
    assert script_name(ScriptHandler(url="/", script=template), groups) == expected


def test_static_and_script_handlers_stand_in_one_list():
    handlers = [StaticHandler(url="/s/(.*)", file="s/\\1"), ScriptHandler(url="/.*", script="auto")]
    assert UrlMap(handlers).match("/s/x") == (handlers[0], ("/s/x", "x"))
    assert UrlMap(handlers).match("/s") == (handlers[1], ("/s",))
