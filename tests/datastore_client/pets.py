"""Models with a property of each class."""

from datetime import date

from appengine.datastore import db


class Owner(db.Model):
    email = db.StringProperty()


class Pet(db.Model):
    name = db.StringProperty(required=True)
    type = db.StringProperty(choices=["cat", "dog"])
    story = db.StringProperty(multiline=True)
    weight = db.IntegerProperty(default=3)
    height = db.FloatProperty()
    spayed = db.BooleanProperty()
    born = db.DateProperty()
    fed = db.TimeProperty()
    made = db.DateTimeProperty(auto_now_add=True)
    changed = db.DateTimeProperty(auto_now=True)
    text = db.TextProperty()
    blob = db.BlobProperty()
    chip = db.ByteStringProperty()
    toys = db.StringListProperty()
    days = db.ListProperty(date)
    counts = db.ListProperty(int)
    kept = db.ListProperty(int, write_empty_list=True)
    keeper = db.UserProperty()
    owner = db.ReferenceProperty(Owner, collection_name="pets")
    mother = db.SelfReferenceProperty(collection_name="children")
    link = db.LinkProperty()
    email = db.EmailProperty()
    place = db.GeoPtProperty()
    rating = db.RatingProperty()
    tag = db.CategoryProperty()
    phone = db.PhoneNumberProperty()
    address = db.PostalAddressProperty()
    handle = db.IMProperty()
    secret = db.StringProperty(indexed=False)
    shout = db.ComputedProperty(lambda pet: pet.name.upper())
    stored_as = db.StringProperty(name="other")


class Loose(db.Expando):
    fixed = db.IntegerProperty()
