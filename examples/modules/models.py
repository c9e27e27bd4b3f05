"""What all modules share: the entities."""

from google.appengine.ext import db

LANGUAGES = ["Python", "Java", "Go", "PHP"]


class Votes(db.Model):
    """The votes for one language, whose name is the key's."""

    count = db.IntegerProperty(default=0)


def count_votes():
    """Returns the votes by language."""
    found = Votes.get_by_key_name(LANGUAGES)
    pairs = zip(LANGUAGES, found, strict=True)
    return {name: votes.count if votes else 0 for name, votes in pairs}


@db.transactional
def add_vote(name):
    """Counts one more vote."""
    votes = Votes.get_by_key_name(name) or Votes(key_name=name)
    votes.count = (votes.count or 0) + 1
    votes.put()
