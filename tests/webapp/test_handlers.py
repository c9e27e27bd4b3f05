"""Source: App Engine, "The RequestHandler Class"."""

import threading

import pytest

from appengine import webapp


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("/b", "http://localhost/b"),
        ("c?x=1", "http://localhost/dir/c?x=1"),
        ("?x=1", "http://localhost/dir/page?x=1"),
        ("../d", "http://localhost/d"),
        ("https://example.com/é", "https://example.com/%C3%A9"),
        ("/a%20b", "http://localhost/a%20b"),
        ("/a\r\nSet-Cookie: x=1", "http://localhost/aSet-Cookie:%20x=1"),
    ],
)
def test_a_redirect_is_absolute_and_one_line(answer_with, target, location):
    answer = answer_with(lambda self: self.redirect(target), "/dir/page?q=1")
    assert (answer.code, answer.headers["Location"], answer.body) == (302, location, b"")


def test_a_permanent_redirect_is_301_and_forgets_what_was_written(answer_with):
    def get(self):
        self.response.out.write("text")
        self.redirect("/b", permanent=True)

    answer = answer_with(get)
    assert (answer.code, answer.body) == (301, b"")


def test_an_error_sets_the_status_and_forgets_what_was_written(answer_with):
    def get(self):
        self.response.out.write("text")
        self.error(404)
        self.response.out.write("anew")

    answer = answer_with(get)
    assert (answer.status, answer.text) == ("404 Not Found", "anew")


class Pages(webapp.RequestHandler):
    """Shows pages of its own for errors, as many applications do."""

    def error(self, code):
        super().error(code)
        self.response.out.write(f"own page for {code:d}")

    def get(self, what):
        if what == "fail":
            raise LookupError("reason")
        self.redirect("/elsewhere")


@pytest.mark.parametrize(
    ("method", "path", "text"),
    [
        ("POST", "/x", "own page for 405"),
        ("PATCH", "/x", "own page for 501"),
        ("GET", "/fail", "own page for 500"),
        ("GET", "/redirect", ""),
    ],
)
def test_an_applications_own_error_page_is_shown_for_errors_alone(ask, method, path, text):
    app = webapp.WSGIApplication([(r"/(\w+)", Pages)])
    assert ask(app, path, method=method).text == text


def test_a_redirect_handler_sends_every_get_to_its_path(ask):
    new = webapp.RedirectHandler.new_factory("/new", permanent=True)
    app = webapp.WSGIApplication([(r"/old(/\d+)?", new)])
    answer = ask(app, "/old/5")
    assert (answer.code, answer.headers["Location"]) == (301, "http://localhost/new")
    assert ask(app, "/old", method="POST").code == 405
    assert new.__name__ == "RedirectHandlerFactory"


def test_initialize_may_be_extended(ask):
    class Page(webapp.RequestHandler):
        def initialize(self, request, response):
            super().initialize(request, response)
            self.name = request.get("name")

        def get(self):
            self.response.out.write(self.name)

    assert ask(webapp.WSGIApplication([("/", Page)]), "/?name=Rex").text == "Rex"


class Pet(webapp.RequestHandler):
    pass


class Asking(webapp.RequestHandler):
    """Writes a URL that the test asks for, or why there is none."""

    asked = ()
    options: dict[str, object] = {}  # noqa: RUF012  # replaced, never changed

    def get(self, *groups):
        try:
            self.response.out.write(Pet.get_url(*self.asked, **self.options))
        except webapp.NoUrlFoundError as error:
            self.response.out.write(f"none: {error}")


@pytest.fixture
def url_of(ask):
    """Returns what `Pet.get_url` gives while a request for `/ask/...` is answered."""

    def find(patterns, *asked, path="/ask", **options):
        asking = type("Asking", (Asking,), {"asked": asked, "options": options})
        mapping = [
            *((pattern, Pet) for pattern in patterns),
            (r"/ask(?:/(\w+))?(?:/(\w+))?", asking),
        ]
        return ask(webapp.WSGIApplication(mapping), path).text

    return find


@pytest.mark.parametrize(
    ("pattern", "arguments", "url"),
    [
        ("/pets", (), "/pets"),
        (r"^/pet/(\d+)$", (7,), "/pet/7"),
        (r"/pet/(\d+)/(\w+)", (7, "edit"), "/pet/7/edit"),
        (r"/pet/(\d+)/?", (7,), "/pet/7"),
        (r"/pet\.html", (), "/pet.html"),
        (r"/index.html", (), "/index.html"),
        (r"/([(]|\))", (")",), "/)"),
        (r"/(?:old|new)?pet/(\w+)", ("x",), "/pet/x"),
        (r"/((?:a|b)+)", ("ab",), "/ab"),
        (r"/a+/(.*)", ("",), "/a/"),
    ],
)
def test_a_url_is_made_of_a_mapping_and_values_for_its_groups(url_of, pattern, arguments, url):
    assert url_of([pattern], *arguments) == url


def test_the_first_mapping_that_takes_the_arguments_makes_the_url(url_of):
    assert url_of([r"/n/(\d+)", r"/w/(\w+)"], "rex") == "/w/rex"


@pytest.mark.parametrize(
    ("pattern", "arguments", "reason"),
    [
        (r"/pet/(\d+)", ("rex",), "'/pet/rex' does not match"),
        (r"/pet/(\d+)", (), "takes 1 arguments"),
        (r"/pet/(\d+)", (1, 2), "takes 1 arguments"),
        (r"/pet/(\d+)", ("1/2",), "does not match"),
        (r"/[ab]", (), "does not match"),
    ],
)
def test_arguments_that_fit_no_mapping_make_no_url(url_of, pattern, arguments, reason):
    text = url_of([pattern], *arguments)
    assert text.startswith("none: no URL for Pet") and reason in text


def test_arguments_that_are_left_over_may_come_from_this_request(url_of):
    pattern = [r"/(\w+)/(\w+)"]
    assert url_of(pattern, "x", path="/ask/one/two", implicit_args=True) == "/one/x"
    assert url_of(pattern, "x", implicit_args=("given",)) == "/given/x"


def test_a_handler_in_no_mapping_has_no_url(url_of):
    assert "it is in no mapping" in url_of([])


def test_outside_of_a_request_there_is_no_url():
    with pytest.raises(webapp.NoUrlFoundError, match="no request is being answered"):
        Pet.get_url()


def test_each_thread_makes_urls_of_its_own_request(ask):
    found, meet = {}, threading.Barrier(2, timeout=10)

    class Page(webapp.RequestHandler):
        def get(self, name):
            meet.wait()
            found[name] = Page.get_url(implicit_args=True)

    def run(name):
        ask(webapp.WSGIApplication([(rf"/{name}/(\w+)", Page)]), f"/{name}/{name}")

    threads = [threading.Thread(target=run, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {"a": "/a/a", "b": "/b/b"}
