"""Mail of an application that is served: out by a mail server, in by SMTP and by the console."""

import re
import smtplib

import pytest

from tests.e2e.serving import DevServer, fetch, wait_until, wsgi_application
from tests.mail.serving import MailHost

APPLICATION = """
import json
from google.appengine.api import mail
from google.appengine.ext import db, webapp
from google.appengine.ext.webapp import mail_handlers


class Note(db.Model):
    about = db.StringProperty()
    text = db.TextProperty()


def keep(about, **fields):
    Note(about=about, text=json.dumps(fields)).put()


class Send(webapp.RequestHandler):
    def post(self):
        mail.send_mail(
            "ann@example.com", self.request.get("to"), "Grüße", "Ein Text",
            html="<h1 id='x'>Hi</h1><script>document.title = 'broken'</script>",
            attachments=[("a.txt", "attached")],
        )


class Receive(mail_handlers.InboundMailHandler):
    def receive(self, message):
        bodies = [payload.decode().strip() for _, payload in message.bodies("text/plain")]
        path = self.request.path
        keep("mail", sender=message.sender, subject=message.subject, bodies=bodies, path=path)


class Hear(mail_handlers.BounceNotificationHandler):
    def receive(self, bounce):
        raw = bounce.original_raw_message.subject
        keep("bounce", to=bounce.original["to"], why=bounce.notification["text"], subject=raw)


class Show(webapp.RequestHandler):
    def get(self):
        found = Note.all().filter("about =", self.request.get("kind"))
        self.response.out.write(json.dumps([json.loads(note.text) for note in found]))


app = webapp.WSGIApplication(
    [("/send", Send), ("/notes", Show), Receive.mapping(), Hear.mapping()]
)
"""


@pytest.fixture(scope="module")
def host():
    with MailHost() as running:
        running.keeper.replies = {"gone@example.com": "550 gone"}
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory, host):
    folder = wsgi_application(tmp_path_factory.mktemp("application"), APPLICATION)
    folder.parent.chmod(0o755)
    with (folder / "app.yaml").open("a") as yaml:
        yaml.write("inbound_services:\n- mail\n- mail_bounce\n")
    flags = [f"--smtp_host=127.0.0.1 --smtp_port={host.port} --smtp_listen=127.0.0.1:0"]
    with DevServer([folder], *flags[0].split(), "--show_mail_body") as running:
        wait_until(lambda: "is taken by SMTP at" in running.log)
        yield running


def notes(server, kind):
    return server.get(f"/notes?kind={kind}").text


def send(server, to):
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = server.request("POST", "/send", f"to={to}".encode(), headers)
    assert answer.status == 200, answer.text


def console(server, path):
    answer = fetch(f"{server.admin}{path}")
    assert answer.status == 200, answer.text
    return answer


def test_a_message_goes_out_and_stands_in_the_outbox(server, host):
    send(server, "ben@example.com")
    wait_until(lambda: host.keeper.messages)
    assert host.keeper.messages[0][0].rcpt_tos == ["ben@example.com"]
    wait_until(lambda: "is sent: handed over" in server.log)
    assert "Ein Text" in server.log
    page = console(server, "/outbox?filter=ben%40").text
    (where,) = set(re.findall(r'"(/outbox/[0-9a-f]{32})\?', page))
    assert "Grüße" in page and "<td>sent" in page
    message = console(server, where).text
    assert "Ein Text" in message and "<script>" not in message and "sandbox" in message
    raw = console(server, f"{where}/raw")
    assert raw.text.startswith("Content-Type: multipart/mixed")
    html = console(server, f"{where}/html/3")
    assert "<h1 id='x'>" in html.text and "sandbox;" in html.headers["Content-Security-Policy"]
    number = re.search(r"/attachment/(\d+)\?", message)[1]
    attached = console(server, f"{where}/attachment/{number}")
    assert attached.text == "attached" and "attachment" in attached.headers["Content-Disposition"]
    assert attached.headers["Content-Type"] == "application/octet-stream"
    assert "no such part" in console(server, f"{where}/html/99").text
    assert "has no message" in console(server, "/outbox/junk").text
    assert "No message holds" in console(server, "/outbox?filter=zzz").text


def test_what_cannot_be_delivered_bounces_to_the_application(server):
    send(server, "gone@example.com")
    wait_until(lambda: "gone@example.com" in notes(server, "bounce"))
    assert "550 gone" in notes(server, "bounce") and "Gr" in notes(server, "bounce")
    page = console(server, "/outbox?filter=gone").text
    assert "failed" in page and "550 gone" in page


def test_what_arrives_by_smtp_reaches_the_handler(server):
    port = int(re.search(r"by SMTP at 127\.0\.0\.1:(\d+)", server.log)[1])
    head = b"Subject: By SMTP\r\nFrom: x@example.com\r\nContent-Type: text/plain; charset=utf-8"
    raw = head + b"\r\n\r\nHello\r\n"
    with smtplib.SMTP("127.0.0.1", port, timeout=60) as client:
        assert client.sendmail("x@example.com", ["a@trial.appspotmail.com"], raw) == {}
    found = notes(server, "mail")
    assert "By SMTP" in found and "/_ah/mail/a@trial.appspotmail.com" in found
    assert server.request("POST", "/_ah/mail/a@b.c", b"x").status == 403


def test_what_the_consoles_form_sends_reaches_the_handler(server):
    page = fetch(f"{server.admin}/mail")
    cookie = page.headers["Set-Cookie"].partition(";")[0]
    token = re.search(r'name="xsrf_token" value="(\w+)"', page.text)[1]
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}

    def post(**fields):
        from urllib.parse import urlencode

        body = urlencode({"xsrf_token": token, "application": "trial", **fields}).encode()
        return fetch(f"{server.admin}/mail", "POST", body, headers).text

    sent = post(**{"from": "x@y.z", "to": "form@trial.appspotmail.com", "subject": "By form"})
    assert "trial answered 200" in sent and "By form" in notes(server, "mail")
    assert "is no e-mail address" in post(**{"from": "x@y.z", "to": "nobody"})
    assert "holds a line end" in post(**{"from": "x@y.z", "to": "a@b.c", "subject": "a\nb"})
    assert "no application is meant" in post(**{"from": "x@y.z", "to": "a@b.appspotmail.com"})
