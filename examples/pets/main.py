"""A list of pets for each user who signs in."""

import datetime
import os

from google.appengine.api import users
from google.appengine.ext import db, webapp
from google.appengine.ext.webapp import template

PAGE = os.path.join(os.path.dirname(__file__), "index.html")


class Pet(db.Model):
    """A pet, and who keeps it."""

    name = db.StringProperty(required=True)
    type = db.StringProperty(required=True, choices=["cat", "dog", "bird"])
    birthdate = db.DateProperty()
    weight_in_pounds = db.IntegerProperty()
    spayed_or_neutered = db.BooleanProperty()
    owner = db.UserProperty()


def find_pets():
    """Returns the pets of the user who is signed in, by name."""
    query = db.GqlQuery("SELECT * FROM Pet WHERE owner = :1", users.get_current_user())
    return sorted(query, key=lambda pet: pet.name.lower())


class MainPage(webapp.RequestHandler):
    """Shows the pets and the form for a new one."""

    def get(self):
        self.show()

    def show(self, problem=""):
        values = {
            "pets": find_pets(),
            "types": Pet.type.choices,
            "problem": problem,
            "user": users.get_current_user(),
            "logout_url": users.create_logout_url("/"),
        }
        self.response.out.write(template.render(PAGE, values))


class CreatePet(MainPage):
    """Adds a pet. What the model refuses is shown with the reason."""

    def post(self):
        try:
            pet = Pet(
                name=self.request.get("name"),
                type=self.request.get("type"),
                owner=users.get_current_user(),
            )
            if birthdate := self.request.get("birthdate"):
                pet.birthdate = datetime.date.fromisoformat(str(birthdate))
            if weight := self.request.get("weight_in_pounds"):
                pet.weight_in_pounds = int(weight)
            pet.put()
        except (db.BadValueError, ValueError) as error:
            self.error(400)
            self.show(problem=str(error))
        else:
            self.redirect("/")


class ModifyPet(webapp.RequestHandler):
    """Changes the weight of one of the user's own pets."""

    def post(self, number):
        pet = Pet.get_by_id(int(number))
        if pet is None or pet.owner != users.get_current_user():
            self.error(404)
            self.response.out.write("You have no such pet.")
            return
        pet.weight_in_pounds = self.request.get_range("weight_in_pounds", min_value=1)
        pet.put()
        self.redirect("/")


class NeuterPets(webapp.RequestHandler):
    """Marks all of the user's pets as spayed or neutered."""

    def post(self):
        pets = find_pets()
        for pet in pets:
            pet.spayed_or_neutered = True
        db.put(pets)
        self.redirect("/")


application = webapp.WSGIApplication(
    [
        ("/", MainPage),
        ("/pets", CreatePet),
        (r"/pets/([1-9]\d{0,17})", ModifyPet),
        ("/neuter", NeuterPets),
    ],
    debug=True,
)
