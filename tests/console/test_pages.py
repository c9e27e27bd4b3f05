"""The console's own pages: what the supervisor knows, as people read it."""

import pytest

from appengine.console import figures
from appengine.rpc.boot import Layer
from tests.console.pictures import make_status


def test_the_first_page_lists_instances(make_browser):
    browser = make_browser()
    assert browser.get("/").headers["Location"] == "/instances"
    page = browser.get("/instances").text
    for shown in ("guestbook", "petshop", "http://localhost:8080", "<td>200</td>", "1234"):
        assert shown in page
    assert "7.2 ms" in page and "2 waiting" in page and "Up for 1 h 2 min" in page


def test_it_lists_processes_and_their_memory(make_browser):
    page = make_browser().get("/instances").text
    assert (
        '<td class="text">supervisor</td>' in page
        and "40.0 MB" in page
        and "73.0 MB of memory" in page
    )


def test_it_says_of_each_layer_whether_it_is_on_and_why_not(make_browser):
    page = make_browser().get("/instances").text
    assert "<strong>namespaces</strong>" in page
    assert "the kernel has none: &lt;Function not implemented&gt;" in page


def test_the_links_of_app_yaml_are_on_the_page_of_instances(make_browser):
    """Source: App Engine, "app.yaml", `admin_console`."""
    text = make_browser().get("/instances").text
    assert '<a href="http://localhost:8081/stock?a=b&amp;c">Stock &lt;1&gt;</a>' in text


def test_every_page_says_that_the_sandbox_is_not_whole(make_browser):
    assert "landlock off" in make_browser().get("/log").text
    whole = make_browser(lambda: make_status(layers=[Layer("seccomp", True)]))
    assert "not whole" not in whole.get("/log").text


def test_every_page_shows_an_error_of_configuration(make_browser):
    for path in ("/instances", "/requests", "/log"):
        page = make_browser().get(path).text
        assert "petshop: the newest files are not served" in page
        assert "app.yaml:7: handlers[2].script: &#39;main.app&#39; is not there" in page


def test_requests_are_those_of_the_chosen_application(make_browser):
    both = make_browser().get("/requests").text
    assert "/buy" in both and "/?book=&lt;b&gt;" in both
    one = make_browser().get("/requests?application=petshop").text
    assert "/buy" in one and "book" not in one.replace("guestbook", "")


def test_an_application_that_is_not_served_is_not_found(make_browser):
    response = make_browser().get("/requests?application=other")
    assert response.status_code == 404 and "guestbook, petshop" in response.text


def test_the_log_is_escaped_and_newest_first(make_browser):
    page = make_browser().get("/log").text
    assert "<script" not in page and "&lt;script&gt;" in page
    assert page.index("[front] ready") < page.index("[guestbook] started")


def test_the_log_shows_lines_with_a_text(make_browser):
    page = make_browser().get("/log?filter=READY").text
    assert "1 lines" in page and "[front] ready" in page and "started" not in page
    assert "No line with “nothing”" in make_browser().get("/log?filter=nothing").text


def test_an_empty_server_has_a_page(make_browser):
    empty = make_status(processes=[], versions=[], layers=[], requests=[], log=[])
    browser = make_browser(lambda: empty)
    assert "No application is served." in browser.get("/instances").text
    assert "None yet." in browser.get("/requests").text
    assert "No line." in browser.get("/log").text


def test_a_server_that_does_not_answer_is_told_so(make_browser):
    def fail():
        raise ConnectionRefusedError("connection refused")

    response = make_browser(fail).get("/instances")
    assert response.status_code == 503 and "connection refused" in response.text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-1, "0 s"), (59.9, "59 s"), (61, "1 min 1 s"), (3725, "1 h 2 min"), (90000, "1 d 1 h")],
)
def test_a_duration_has_its_two_largest_units(seconds, text):
    assert figures.duration(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 kB"), (2**20, "1.0 MB"), (2**41, "2048.0 GB")],
)
def test_a_size_has_the_unit_that_fits(count, text):
    assert figures.size(count) == text


def test_times_are_utc():
    assert figures.clock_time(1_700_000_000) == "22:13:20"
    assert figures.iso_time(1_700_000_000) == "2023-11-14T22:13:20Z"
