"""The outbox in a browser: what a message holds is shown, and can do nothing."""

import pytest

from tests.browser.appearance import check_appearance
from tests.e2e.serving import DevServer, wsgi_application
from tests.urlfetch.origin import Origin

APPLICATION = '''
from google.appengine.api import mail

HTML = """<h1 id="greeting">Hello</h1>
<script>document.getElementById("greeting").textContent = "broken"</script>
<script>top.document.title = "broken"</script>
<img src="x" onerror="document.getElementById('greeting').textContent = 'broken'">
<img src="ELSEWHERE/seen.png">
<style>@import url("ELSEWHERE/seen.css"); h1 { color: rgb(255, 0, 0) }</style>
<form action="/quit" method="post"><button id="trap">Quit</button></form>
<meta http-equiv="refresh" content="0; url=ELSEWHERE/seen">"""


def app(environ, start_response):
    files = [("a.html", "<script>alert(1)</script>")]
    mail.send_mail("a@b.c", "d@e.f", "Hello <b>", "A text <i>", html=HTML, attachments=files)
    start_response("200 OK", [])
    return [b"sent"]
'''


@pytest.fixture(scope="module")
def elsewhere():
    """A host that a message would like to be seen by."""
    with Origin() as running:
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory, elsewhere):
    source = APPLICATION.replace("ELSEWHERE", elsewhere.url(""))
    folder = wsgi_application(tmp_path_factory.mktemp("application"), source)
    folder.parent.chmod(0o755)
    with DevServer([folder]) as running:
        assert running.get("/").text == "sent"
        yield running


@pytest.fixture
def window(chromium):
    """Opens a page as a phone shows it."""
    context = chromium.new_context(viewport={"width": 390, "height": 844}, color_scheme="dark")
    yield context.new_page()
    context.close()


def test_a_message_is_shown_in_a_frame_in_which_nothing_runs(window, server, elsewhere):
    window.goto(f"{server.admin}/outbox")
    check_appearance(window)
    window.click("td a")
    frame = window.frame_locator("iframe")
    greeting = frame.locator("#greeting")
    greeting.wait_for()
    assert greeting.inner_text() == "Hello"
    assert greeting.evaluate("node => getComputedStyle(node).color") == "rgb(255, 0, 0)"
    frame.locator("#trap").click()
    assert "A text <i>" in window.inner_text("main")
    assert "Hello" in window.title()
    assert greeting.inner_text() == "Hello", "the frame is where it was"
    assert elsewhere.requests == []
    assert server.get("/").text == "sent", "the form could not stop the server"


def test_the_pages_of_mail_look_as_the_others(window, server):
    for page in ("/outbox", "/mail", "/outbox?filter=nothing"):
        window.goto(server.admin + page)
        check_appearance(window)
