"""Mail in both directions: a form that writes to the owner, and an inbox that answers."""

from google.appengine.api import mail
from google.appengine.ext import db, webapp
from google.appengine.ext.webapp import mail_handlers, template

OWNER = "owner@example.com"
ROBOT = "The contact page <robot@contact.appspotmail.com>"


class Letter(db.Model):
    """A message that has arrived, or the news that one of ours has not."""

    sender = db.StringProperty()
    subject = db.StringProperty()
    text = db.TextProperty()
    received = db.DateTimeProperty(auto_now_add=True)


class Page(webapp.RequestHandler):
    """GET /: the form, and what has arrived."""

    def get(self):
        self.show("")

    def show(self, message):
        letters = Letter.all().order("-received").fetch(20)
        values = {"letters": letters, "message": message}
        self.response.out.write(template.render("index.html", values))


class Contact(Page):
    """POST /contact: sends what a visitor has written, as text and as HTML, with a copy to them."""

    def post(self):
        visitor = str(self.request.get("email")).strip()
        text = str(self.request.get("text"))
        letter = mail.EmailMessage(sender=ROBOT, to=OWNER, subject="From the contact page")
        letter.body = f"{visitor} writes:\n\n{text}"
        letter.html = template.render("letter.html", {"visitor": visitor, "text": text})
        letter.attachments = [("letter.txt", text.encode())]
        try:
            letter.reply_to = letter.cc = visitor
            letter.send()
        except mail.Error as error:
            self.response.set_status(400)
            self.show(f"That could not be sent: {error}")
        else:
            self.show("Your message is on its way.")


class Inbox(mail_handlers.InboundMailHandler):
    """POST /_ah/mail/ADDRESS: keeps a message, and says so to its sender."""

    def receive(self, mail_message):
        subject = getattr(mail_message, "subject", "(no subject)")
        texts = [payload.decode() for _, payload in mail_message.bodies("text/plain")]
        text = "\n".join(t if isinstance(t, str) else t.decode("utf-8", "replace") for t in texts)
        Letter(sender=mail_message.sender, subject=subject, text=text).put()
        mail.send_mail(
            sender=ROBOT,
            to=mail_message.sender,
            subject=f"Re: {subject}",
            body="Thank you, we have your message.",
            headers={"Auto-Submitted": "auto-replied"},
        )


class Bounces(mail_handlers.BounceNotificationHandler):
    """POST /_ah/bounce: keeps the news that a message did not arrive."""

    def receive(self, bounce_notification):
        original, news = bounce_notification.original, bounce_notification.notification
        Letter(
            sender=news["from"],
            subject=f"Not delivered: {original['subject']}",
            text=news["text"],
        ).put()


application = webapp.WSGIApplication(
    [("/", Page), ("/contact", Contact), Inbox.mapping(), Bounces.mapping()]
)
