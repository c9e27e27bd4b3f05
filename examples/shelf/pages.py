"""The pages: each handler gets a session and templates from its base."""

import models
import webapp2
from webapp2_extras import jinja2, sessions


class Page(webapp2.RequestHandler):
    """A page with a session, which is saved after every method, whatever it does."""

    def dispatch(self):
        store = sessions.get_store(request=self.request)
        self.session = store.get_session(backend="datastore")
        try:
            return super().dispatch()
        finally:
            store.save_sessions(self.response)

    @property
    def listed(self):
        """The numbers of the books that the visitor means to read."""
        return self.session.get("listed", [])

    def render(self, template, **values):
        """Writes a template, with what every page shows."""
        common = {
            "uri_for": webapp2.uri_for,
            "reading": models.find_listed(self.listed),
            "flashes": self.session.get_flashes(),
        }
        templates = jinja2.get_jinja2(app=self.app)
        self.response.write(templates.render_template(template, **common, **values))


class Shelf(Page):
    """All books, and a form for another one."""

    def get(self):
        self.render("shelf.html", books=models.find_books(), form={})

    def post(self):
        form = {name: self.request.get(name) for name in ("title", "author", "year")}
        try:
            book = models.add_book(**form)
        except ValueError as error:
            self.response.set_status(400)
            self.render("shelf.html", books=models.find_books(), form=form, problem=str(error))
            return
        self.session.add_flash(f"“{book.title}” is on the shelf.")
        self.redirect_to("shelf", _code=303)


class Book(Page):
    """One book."""

    def get(self, number):
        self.render("book.html", book=self.find(number), listed=int(number) in self.listed)

    def put_on_list(self, number):
        """Puts the book on the visitor's list, or takes it off."""
        if self.request.method != "POST":
            self.abort(405, headers=[("Allow", "POST")])
        book = self.find(number)
        if book.number in self.listed:
            self.session["listed"] = [other for other in self.listed if other != book.number]
        else:
            self.session["listed"] = [*self.listed, book.number]
        self.redirect_to("book", _code=303, number=number)

    def find(self, number):
        return models.find_book(number) or self.abort(404)


def show_missing(request, response, exception):
    """The application's own page for what is not there."""
    response.set_status(404)
    templates = jinja2.get_jinja2(app=request.app)
    response.write(
        templates.render_template("missing.html", uri_for=webapp2.uri_for, path=request.path)
    )
