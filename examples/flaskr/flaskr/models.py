"""What is stored: people by their name, and posts."""

from google.appengine.ext import db


class Person(db.Model):
    """Whoever has registered; the key's name is the name to log in with, so it is unique."""

    password_hash = db.StringProperty(required=True, indexed=False)

    @property
    def name(self):
        return self.key().name()


class Post(db.Model):
    """An entry of the blog."""

    author = db.ReferenceProperty(Person, required=True)
    title = db.StringProperty(required=True)
    body = db.TextProperty()
    created = db.DateTimeProperty(auto_now_add=True)

    @property
    def author_name(self):
        key = Post.author.get_value_for_datastore(self)  # the person is not fetched for it
        return key.name() if key else ""


def register(name, password_hash):
    """Stores a new person; returns whether the name was free."""

    def insert():
        if Person.get_by_key_name(name) is not None:
            return False
        Person(key_name=name, password_hash=password_hash).put()
        return True

    return db.run_in_transaction(insert)
