"""A question and its choices: one entity group, so a vote counts once and is seen at once."""

import datetime

from google.appengine.ext import db


def now():
    """Returns the time as the datastore keeps it: UTC, without a zone."""
    return datetime.datetime.now(datetime.UTC).replace(tzinfo=None)


class Question(db.Model):
    """Something to be asked; the choices are its descendants."""

    text = db.StringProperty(required=True)
    published = db.DateTimeProperty(auto_now_add=True)

    @classmethod
    def newest(cls, count=5):
        """Returns the newest questions that are published by now."""
        return cls.all().filter("published <=", now()).order("-published").fetch(count)

    def was_published_recently(self):
        age = now() - (self.published or now())
        return datetime.timedelta() <= age <= datetime.timedelta(days=1)

    def choices(self):
        """Returns the choices as they were listed; their number is small enough to sort here."""
        return sorted(Choice.all().ancestor(self).fetch(100), key=lambda choice: choice.place or 0)

    @classmethod
    def ask(cls, asked, choices):
        """Stores a question with its choices, all or nothing."""

        def store():
            question = cls(text=asked)
            question.put()
            numbered = enumerate(choices)
            db.put([Choice(parent=question, text=text, place=place) for place, text in numbered])
            return question

        return db.run_in_transaction(store)


class Choice(db.Model):
    """One answer, and how often it was given."""

    text = db.StringProperty(required=True)
    place = db.IntegerProperty(default=0)
    votes = db.IntegerProperty(default=0)

    @classmethod
    def vote(cls, question_id, choice_id):
        """Counts one vote; returns whether there is such a choice."""

        def count():
            choice = cls.get_by_id(choice_id, parent=db.Key.from_path("Question", question_id))
            if choice is None:
                return False
            choice.votes = (choice.votes or 0) + 1
            choice.put()
            return True

        return db.run_in_transaction(count)
