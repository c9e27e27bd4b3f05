"""Source: App Engine, "The WSGIApplication Class"."""

import json
import logging

import pytest

from appengine import webapp


class Show(webapp.RequestHandler):
    """Writes its arguments and its method."""

    def get(self, *groups):
        self.response.out.write(f"{self.request.method} {groups}")

    post = put = delete = options = head = trace = get


class Other(webapp.RequestHandler):
    def get(self, *groups):
        self.response.out.write("other")


def application(*mapping, debug=False):
    return webapp.WSGIApplication(list(mapping), debug=debug)


@pytest.mark.parametrize("path", ["/a", "/a?x=1"])
def test_an_expression_matches_the_whole_path_without_the_query(ask, path):
    assert ask(application(("/a", Show)), path).text == "GET ()"


@pytest.mark.parametrize("path", ["/ab", "/b/a", "/a/", "/", "/a\n"])
def test_an_expression_that_matches_a_part_of_the_path_does_not_count(ask, path):
    assert ask(application(("/a", Show)), "", environ={"PATH_INFO": path}).code == 404


def test_each_side_of_an_alternative_is_anchored_at_both_ends(ask):
    answers = [ask(application(("/a|/b", Show)), path).code for path in ("/a", "/b", "/ax", "/x/b")]
    assert answers == [200, 200, 404, 404]


def test_an_expression_may_have_its_own_anchors(ask):
    assert ask(application(("^/a$", Show)), "/a").code == 200


def test_the_first_mapping_that_matches_wins(ask):
    assert ask(application(("/a", Other), ("/.*", Show)), "/a").text == "other"
    assert ask(application(("/.*", Show), ("/a", Other)), "/a").text == "GET ()"


def test_groups_are_the_arguments(ask):
    app = application((r"/(\w+)/(?:x|y)/(\d+)?", Show))
    assert ask(app, "/pet/x/7").text == "GET ('pet', '7')"
    assert ask(app, "/pet/y/").text == "GET ('pet', None)"


def test_groups_are_decoded_once(ask):
    app = application(("/(.*)", Show))
    assert ask(app, "/café 100%25".encode().decode("latin-1")).text == "GET ('café 100%25',)"


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"])
def test_each_method_of_http_calls_the_method_of_that_name(ask, method):
    assert ask(application(("/", Show)), "/", method=method).text == f"{method} ()"


@pytest.mark.parametrize("method", ["POST", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"])
def test_a_method_that_the_handler_lacks_is_405_and_names_the_others(ask, method):
    answer = ask(application(("/", Other)), "/", method=method)
    assert (answer.code, answer.headers["Allow"]) == (405, "GET")


def test_a_page_that_takes_forms_alone_answers_get_with_405(ask):
    poster = type("Poster", (webapp.RequestHandler,), {"post": lambda handler: None})
    answer = ask(application(("/", poster)), "/", method="GET")
    assert (answer.code, answer.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize("method", ["PATCH", "PROPFIND", "get", "__init__", "ERROR", "REDIRECT"])
def test_a_method_that_http_lacks_is_501(ask, method):
    assert ask(application(("/", Show)), "/", method=method).code == 501


def test_a_path_without_mapping_is_404_in_one_line(ask):
    answer = ask(application(("/a", Show)), "/<b>")
    assert answer.text == "404 Not Found: nothing is mapped to /%3Cb%3E\n"
    assert answer.headers["Content-Type"].startswith("text/plain")


def test_an_exception_is_500_and_logged(answer_with, caplog):
    def get(self):
        self.response.out.write("half a page")
        raise LookupError("the reason")

    answer = answer_with(get)
    assert answer.code == 500
    assert "half a page" not in answer.text and "the reason" not in answer.text
    assert caplog.records[-1].exc_info[0] is LookupError


def test_debug_answers_with_the_traceback_of_the_applications_own_code(answer_with):
    def get(self):
        raise LookupError("<reason>")

    answer = answer_with(get, debug=True)
    first, place, *_, last = answer.text.strip().splitlines()
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert (first, last) == ("Traceback (most recent call last):", "LookupError: <reason>")
    assert __file__ in place and "webapp/application.py" not in answer.text


def test_debug_leaves_out_the_frames_of_libraries(answer_with):
    def get(self):
        try:
            json.loads("{")
        except ValueError as error:
            raise LookupError("no pet") from error

    lines = answer_with(get, debug=True).text.splitlines()
    files = [line.split('"')[1] for line in lines if line.startswith("  File ")]
    assert files == [__file__, __file__]
    assert any(line.startswith("json.decoder.JSONDecodeError") for line in lines)
    assert lines[-1] == "LookupError: no pet"


def test_debug_shows_all_frames_where_none_is_the_applications(ask):
    class Page(webapp.RequestHandler):
        get = webapp.Response.set_status

    text = ask(application(("/", Page), debug=True), "/").text
    assert "webapp/application.py" in text and "TypeError" in text


def test_a_handler_that_cannot_be_made_is_500(ask, caplog):
    class Broken(webapp.RequestHandler):
        def __init__(self):
            raise LookupError("no handler")

    assert ask(application(("/", Broken)), "/").code == 500
    assert "no handler" in caplog.text


def test_a_handler_may_answer_for_its_own_exceptions(ask):
    class Careful(webapp.RequestHandler):
        def get(self):
            raise LookupError("pet")

        def handle_exception(self, exception, debug_mode):
            self.error(410)
            self.response.out.write(f"gone: {exception!r} {debug_mode}")

    assert ask(application(("/", Careful), debug=True), "/").text == "gone: LookupError('pet') True"


def test_a_handler_answers_for_its_own_initialization(ask):
    class Careful(webapp.RequestHandler):
        def initialize(self, request, response):
            raise LookupError("pet")

        def handle_exception(self, exception, debug_mode):
            self.error(410)
            self.response.out.write(f"gone: {self.request.path}")

    answer = ask(application(("/a", Careful)), "/a")
    assert (answer.code, answer.text) == (410, "gone: /a")


def test_what_is_no_exception_of_the_application_passes_through(answer_with):
    def get(self):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        answer_with(get)


def test_a_malformed_request_is_400_and_no_traceback(answer_with, caplog):
    def post(self):
        self.request.get("name")

    headers = {"Content-Type": "multipart/form-data"}
    answer = answer_with(post, method="POST", body=b"x", headers=headers, debug=True)
    assert answer.text.startswith("400 Bad Request: multipart form with boundary ''")
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_a_handler_is_found_by_the_name_of_its_class():
    app = application(("/a", Show), ("/b", Other))
    assert app.get_registered_handler_by_name("Other") is Other
    with pytest.raises(webapp.Error, match="'Missing' is in no mapping"):
        app.get_registered_handler_by_name("Missing")


@pytest.mark.parametrize(
    ("mapping", "reason"),
    [
        ([("/a", Show), ("/(", Show)], r"url_mapping\[1\]: '/\(': missing \)"),
        ([("/a", None)], r"url_mapping\[0\]: '/a': None is no handler class"),
        ([("/a",)], r"url_mapping\[0\]: \('/a',\) is no pair"),
        ([5], r"url_mapping\[0\]: 5 is no pair"),
        ([(b"/a", Show)], r"url_mapping\[0\]: b'/a'"),
    ],
)
def test_a_wrong_mapping_is_refused_with_its_place(mapping, reason):
    with pytest.raises(webapp.Error, match=reason):
        webapp.WSGIApplication(mapping)


def test_an_application_may_bring_its_own_request_and_response(ask):
    class OwnRequest(webapp.Request):
        pass

    class OwnResponse(webapp.Response):
        pass

    class Own(webapp.WSGIApplication):
        REQUEST_CLASS, RESPONSE_CLASS = OwnRequest, OwnResponse

    class Names(webapp.RequestHandler):
        def get(self):
            self.response.out.write([type(self.request).__name__, type(self.response).__name__])

    assert ask(Own([("/", Names)]), "/").text == "['OwnRequest', 'OwnResponse']"
