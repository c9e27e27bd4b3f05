"""What the datastore has from other services, which are there in the whole platform only."""

from google.appengine.api import datastore
from google.appengine.ext import db


def capabilities_say_whether_there_is_reading_and_writing():
    for module in (db, datastore):
        assert module.READ_CAPABILITY.is_enabled()
        assert module.WRITE_CAPABILITY.is_enabled()
