"""What webapp2 does, as JSON: run by our own and by the original, which know the same names.

Run as a script it prints the facts of whatever `webapp2` the interpreter has.
"""

import json
import sys
import warnings
from itertools import product

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import webapp2
    from webapp2_extras import json as extra_json
    from webapp2_extras import routes, security

TEMPLATES = (
    "/", "/a", "/a/", "/<x>", "/<x>/", r"/<x:\d+>", "/<x:[a-z]{2,3}>/<y>", "/<:.*>", "/<>",
    "/<>/<x>",
    r"/a/<:\d+>/<:\w+>", "/a.b/<x>", "/<x>-<y>", "/<x>.<e:html|txt>", "/a/<x:.*>", "/100%/<x>",
    "/<x:(b|c)>", "/é/<x>", "/<_x1>", "/a b/<x>",
)  # fmt: skip
PATHS = (
    "/", "/a", "/a/", "/12", "/ab/c", "/abc/d%20e", "/a/12/b", "/a.b/c", "/axb/c", "/x-y", "/x-y-z",
    "/p.html", "/p.html.txt", "/a/b/c", "/100%25/x", "/b", "/%C3%A9/x", "/a%20b/x", "//", "/a//b",
    "/a%2Fb", "/a?x=1", "/A",
)  # fmt: skip
EXPRESSIONS = (r"/", r"/a/(\d+)", r"^/a", r"/a/(.*)$", r"/(?P<n>\w+)", r"/(a)|(b)", r"/(x)?")
VALUES = (
    ((), {}), ((), {"x": "b"}), ((), {"x": 12}), ((), {"x": "a b&c"}), ((), {"x": "é"}),
    ((), {"x": "ab", "y": "c", "e": "txt"}), (("b",), {}), (("b", "c"), {}),
    ((12, "b"), {"x": "c"}),
    ((), {"x": "b", "q": "é &", "p": [1]}), ((), {"x": "b", "_fragment": "f g"}),
    ((), {"x": "b", "_scheme": "https"}), ((), {"x": "b", "_netloc": "h:8"}), ((), {"_x1": "v"}),
    ((), {"x": "b", "_full": True}), ((), {"x": ""}), ((), {"x": "a/b"}), ((), {"x": None}),
)  # fmt: skip
STATUSES = (200, 302, 404, 408, 418, 504, 505, 306, "404", "404 Mine", "444 Mine", 700, 4.5, "200 ")


def show(request, *args, **kwargs):
    """Answers with what a handler is given."""
    return webapp2.Response(f"{request.route.name} {args!r} {sorted(kwargs.items())!r}")


class Page(webapp2.RequestHandler):
    """Shows what a class is given, and leaves in several ways."""

    def get(self, *args, **kwargs):
        self.response.write(f"page {args!r} {sorted(kwargs.items())!r}")

    def post(self):
        self.redirect(self.request.get("to"), permanent=bool(self.request.get("p")))

    def put(self):
        self.abort(int(self.request.get("code")))

    def other(self, **kwargs):
        self.response.write("other")


ROUTES = [
    routes.RedirectRoute("/slash/", show, "slash", strict_slash=True),
    routes.RedirectRoute("/bare/<x>", show, "bare", strict_slash=True),
    routes.RedirectRoute("/old/<x>", redirect_to="/new"),
    routes.RedirectRoute("/named/<x>", redirect_to_name="bare"),
    routes.PathPrefixRoute(
        r"/p/<u:\w+>",
        [
            webapp2.Route("/", show, "p-home"),
            webapp2.Route("/<y>", show, "p-y", methods=["GET"]),
            routes.PathPrefixRoute("/deep", [webapp2.Route("/<z>", show, "deep")]),
        ],
    ),
    routes.NamePrefixRoute("n-", [webapp2.Route("/n", show, "n")]),
    routes.DomainRoute("<s>.example.com", [webapp2.Route("/d/<x>", show, "domain")]),
    webapp2.Route("/m", Page, "m", methods=["GET", "POST"]),
    webapp2.Route("/s", show, "s", schemes=["https"]),
    webapp2.Route("/h/<x>", Page, "h", handler_method="other"),
    webapp2.Route("/c/<x>", Page, "c", defaults={"x": "0", "y": "1"}),
    webapp2.Route("/r", webapp2.RedirectHandler, defaults={"_uri": "/new", "_code": 302}),
    webapp2.Route("/b", show, "b", build_only=True),
    (r"/simple/(\d)(\d)?", Page),
    ("/page", Page),
]
ASKED = (
    "GET /slash", "GET /slash/", "GET /slash?a=b", "GET /bare/1", "GET /bare/1/", "GET /old/1?q=2",
    "GET /named/x%20y", "GET /p/ann/", "GET /p/ann", "GET /p/ann/x", "POST /p/ann/x", "GET /p/-/x",
    "GET /p/ann/deep/1", "GET /n", "GET /m", "POST /m?to=/x", "PUT /m", "GET /s", "GET /h/1",
    "DELETE /h/1", "GET /c/7", "GET /r", "POST /r", "GET /b", "GET /simple/12", "GET /simple/1",
    "GET /simple/123", "GET /page", "HEAD /page", "DELETE /page", "POST /page?to=/x%3Fy",
    "POST /page?to=x&p=1", "POST /page?to=http://o/", "PUT /page?code=403", "PUT /page?code=599",
    "PATCH /page", "BREW /page", "GET /d/1", "GET /none",
)  # fmt: skip
BUILT = (
    ("slash", {}), ("bare", {"x": 1}), ("p-home", {"u": "a"}), ("p-y", {"u": "a", "y": "b"}),
    ("deep", {"u": "a", "z": "b"}), ("n-n", {}), ("n", {}), ("domain", {"s": "a", "x": "b"}),
    ("s", {}), ("s", {"_full": True}), ("c", {}), ("c", {"y": 5}), ("b", {}), ("none", {}),
)  # fmt: skip
METHODS = ("sha1", "sha256", "md5", "plain", "none")
FIELDS = ("a=1&a=2&b=", "", "n=5", "n=-5", "n=x", "a=%C3%A9", "a;b=1", "a=1&&b", "n=500&c=%2B+")


def outcome(function):
    """Returns what a function returns, as text, or the name of what it raises."""
    try:
        return repr(function())
    except Exception as error:
        return f"raises {type(error).__name__}"


def match(route, path):
    """Returns the values of a route's variables."""
    found = route.match(webapp2.Request.blank(path))
    return found and (tuple(found[1]), sorted(found[2].items()))


def request_of(app, path="http://localhost:81/here"):
    """Returns a request of an application, current."""
    request = webapp2.Request.blank(path)
    request.app = app
    app.set_globals(app=app, request=request)
    return request


def ask(app, line, base):
    """Returns what matters of an answer."""
    method, _, path = line.partition(" ")
    response = app.get_response(path, method=method, base_url=base)
    text = response.text if response.status_int == 200 else ""
    return response.status_int, response.headers.get("Location"), text


def fields(query):
    """Returns what a request says of its fields."""
    request = webapp2.Request.blank(f"/?{query}")
    return (
        request.get("a"), request.get("b", "default"), request.get("a", allow_multiple=True),
        request.get_all("a"), sorted(request.arguments()), request.get_range("n"),
        request.get_range("n", 0, 100, 7), request.get_range("n", min_value=9), request.query,
    )  # fmt: skip


def respond(status):
    """Returns a response's status after an assignment."""
    response = webapp2.Response()
    response.status = status
    return response.status, response.status_int, response.status_message, response.has_error()


def hashed(*arguments):
    """Returns the hash of a password."""
    return security.hash_password("pw", *arguments)


def build(template, args, kwargs):
    """Returns a URL of a route."""
    request = webapp2.Request.blank("http://localhost:81/")
    return webapp2.Route(template, show).build(request, args, dict(kwargs))


def facts():
    """Returns every fact by what was asked."""
    found = {}

    def note(name, function, *arguments):
        found[name] = outcome(lambda: function(*arguments))

    for template, path in product(TEMPLATES, PATHS):
        note(f"match {template} {path}", match, webapp2.Route(template, show), path)
    for expression, path in product(EXPRESSIONS, PATHS):
        note(f"simple {expression} {path}", match, webapp2.SimpleRoute(expression, show), path)
    for template, (args, kwargs) in product(TEMPLATES, VALUES):
        note(f"build {template} {args} {kwargs}", build, template, args, kwargs)
    app = webapp2.WSGIApplication(ROUTES)
    for line, base in product(ASKED, ("http://localhost", "https://a.example.com")):
        note(f"ask {line} {base}", ask, app, line, base)
    request_of(app)
    for name, kwargs in BUILT:
        note(
            f"uri_for {name} {kwargs}",
            lambda name, values: webapp2.uri_for(name, **values),
            name,
            kwargs,
        )
    for query in FIELDS:
        note(f"fields {query}", fields, query)
    for status in STATUSES:
        note(f"status {status!r}", respond, status)
    for code in range(100, 600):
        note(f"message {code}", webapp2.Response.http_status_message, code)
    for code in (400, 404, 405, 500, 503, 999, 302):
        note(f"abort {code}", webapp2.abort, code)
    for arguments in product(METHODS, (None, "salt"), (None, "pepper")):
        note(f"hash {arguments}", hashed, *arguments)
    for value in ({"a": "</é>"}, [1, None, "x"], "a b", 1.5):
        note(
            f"json {value!r}",
            lambda value: (extra_json.encode(value), extra_json.quote(value)),
            value,
        )
    app.clear_globals()
    return found


if __name__ == "__main__":
    json.dump(facts(), sys.stdout, indent=0, sort_keys=True, ensure_ascii=False)
