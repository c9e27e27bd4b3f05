"""Each framework, unmodified and from requirements.txt, in the real sandbox: the same pages."""

import hashlib
import http.client
import re
import shutil
from http.cookies import SimpleCookie
from urllib.parse import quote, urlencode, urlsplit

import pytest

from tests.e2e.serving import CHECKOUT, DevServer, wait_until
from tests.frameworks.libraries import provide

APPLICATIONS = CHECKOUT / "tests" / "frameworks" / "applications"
FRAMEWORKS = sorted(folder.name for folder in APPLICATIONS.iterdir() if folder.is_dir())
COPIED = ["flask copied", "bottle copied"]
"""Those without a requirements.txt, whose framework lies in the application's own directory."""

SHARED = APPLICATIONS.parent / "shared"
LARGE = bytes(range(256)) * 12_000
"""More than any of the frameworks keeps in memory of its own accord."""

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Site:
    """One framework's application, and the cookies of one browser."""

    def __init__(self, server, number):
        self.server, self.number = server, number
        self.cookies = {}

    def request(self, method, path, body=None, headers=None):
        sent = dict(headers or {})
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=60)
        connection.request(method, path, body, sent)
        reply = connection.getresponse()
        reply.text = reply.read().decode()
        connection.close()
        for cookie in reply.headers.get_all("Set-Cookie", []):
            self.cookies |= {key: morsel.value for key, morsel in SimpleCookie(cookie).items()}
        return reply

    @property
    def url(self):
        return self.server.urls[self.number]

    def get(self, path, **headers):
        return self.request("GET", path, headers=headers)

    def post(self, path, fields):
        return self.request("POST", path, urlencode(fields, doseq=True).encode(), FORM)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("frameworks")
    with DevServer([make(name, folder) for name in (*FRAMEWORKS, *COPIED)]) as running:
        yield running


def make(name, folder):
    """Returns the directory of an application, with its framework where that is to be copied."""
    framework, _, copied = name.partition(" ")
    made = folder / name.replace(" ", "-")
    shutil.copytree(APPLICATIONS / framework, made)
    shutil.copytree(SHARED, made, dirs_exist_ok=True)
    libraries = provide(made)
    if copied:
        (made / "requirements.txt").unlink()
        yaml = (made / "app.yaml").read_text()
        (made / "app.yaml").write_text(yaml.replace(framework, made.name, 1))
        shutil.copytree(libraries, made, dirs_exist_ok=True)
    return made


@pytest.fixture(params=[*FRAMEWORKS, *COPIED])
def site(server, request):
    return Site(server, [*FRAMEWORKS, *COPIED].index(request.param))


def test_a_page_is_rendered_and_what_a_visitor_writes_is_escaped(site):
    reply = site.get(f"/hello/{quote('<i>Ä')}")
    assert (reply.status, reply.text.strip()) == (200, "<p>Hello &lt;i&gt;Ä</p>")
    kind = reply.headers["Content-Type"].lower().replace(" ", "")
    assert kind == "text/html;charset=utf-8"


def test_a_form_s_fields_arrive_with_every_value_and_letter(site):
    assert site.post("/form", {"word": ["eins", "zwölf", "十"]}).text == "eins,zwölf,十"


@pytest.mark.parametrize("content", [b"small", LARGE], ids=["small", "large"])
def test_an_uploaded_file_arrives_whole_though_there_is_no_disk_to_put_it_on(site, content):
    head = b'--limit\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n'
    head += b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n"
    body = head + content + b"\r\n--limit--\r\n"
    kind = {"Content-Type": "multipart/form-data; boundary=limit"}
    reply = site.request("POST", "/upload", body, kind)
    assert reply.text == f"a.bin {hashlib.sha256(content).hexdigest()}"


def test_a_session_or_cookie_lasts_from_request_to_request(site):
    assert [site.get("/count").text for _ in range(3)] == ["1", "2", "3"]


def test_the_datastore_and_users_are_at_hand_and_a_redirect_leads_back(site):
    text = f"note of {site.number}"
    site.get("/_ah/login?email=ann@example.com&action=Login")
    reply = site.post("/notes", {"text": text})
    assert reply.status in (302, 303)
    assert urlsplit(reply.headers["Location"]).path == "/notes"
    assert urlsplit(reply.headers["Location"]).netloc in ("", urlsplit(site.url).netloc)
    assert f"{text}:ann@example.com" in site.get("/notes").text


def test_a_file_is_sent_and_not_sent_again_to_who_has_it(site):
    reply = site.get("/file")
    assert (reply.status, reply.text) == (200, "a small file\n")
    names = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}
    known = {names[name]: reply.headers[name] for name in names if reply.headers[name]}
    assert known
    again = site.get("/file", **known)
    assert (again.status, again.text) == (304, "")


def test_a_head_request_has_no_body(site):
    reply = site.request("HEAD", "/file")
    assert reply.status in (200, 405)
    assert reply.text == ""


def test_a_path_that_the_framework_does_not_know_is_its_404(site):
    assert site.get("/nowhere").status == 404


def test_an_exception_is_a_500_and_its_traceback_is_in_the_log(site):
    assert site.get("/fail").status == 500
    wait_until(lambda: "ZeroDivisionError: on purpose" in site.server.log)


def test_django_s_forms_have_their_token_their_errors_and_their_messages(server):
    site = Site(server, FRAMEWORKS.index("django"))
    assert site.post("/protected", {"text": "forged"}).status == 403
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', site.get("/protected").text)[1]
    refused = site.post("/protected", {"text": "x" * 21, "csrfmiddlewaretoken": token})
    assert "at most 20 characters" in refused.text
    taken = site.post("/protected", {"text": "<milk>", "csrfmiddlewaretoken": token})
    assert (taken.status, taken.headers["Location"]) == (302, "/protected")
    assert "<p>noted &lt;milk&gt;</p>" in site.get("/protected").text


def test_code_for_google_s_python_3_runs_as_it_is(server):
    """`from google.appengine.api import memcache, users, wrap_wsgi_app`, around Flask."""
    site = Site(server, FRAMEWORKS.index("flask"))
    assert site.get("/visits").text == "1 nobody"
    site.get("/_ah/login?email=ann@gmail.com&action=Login")
    assert site.get("/visits").text == "2 ann"


def test_no_framework_asks_for_what_the_sandbox_refuses(server):
    assert "sandbox has" not in server.log
    assert "in the sandbox" not in server.log
