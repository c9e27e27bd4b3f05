"""Registering, logging in and out."""

import functools

from flask import Blueprint, flash, g, redirect, render_template, request, session, url_for
from werkzeug.security import check_password_hash, generate_password_hash

from flaskr.models import Person, register

bp = Blueprint("auth", __name__, url_prefix="/auth")


@bp.before_app_request
def load_person():
    """Looks up who is logged in, before each view."""
    name = session.get("person")
    g.person = Person.get_by_key_name(name) if name else None


def login_required(view):
    """Sends whoever is not logged in to the login page first."""

    @functools.wraps(view)
    def wrapped(**arguments):
        if g.person is None:
            return redirect(url_for("auth.login"))
        return view(**arguments)

    return wrapped


@bp.route("/register", methods=("GET", "POST"), endpoint="register")
def register_person():
    if request.method == "POST":
        name, password = request.form["name"].strip(), request.form["password"]
        if not name or not password:
            flash("A name and a password are required.")
        elif not register(name, generate_password_hash(password)):
            flash(f"{name} is registered already.")
        else:
            return redirect(url_for("auth.login"))
    return render_template("auth/form.html", title="Register")


@bp.route("/login", methods=("GET", "POST"))
def login():
    if request.method == "POST":
        name, password = request.form["name"].strip(), request.form["password"]
        person = Person.get_by_key_name(name) if name else None
        if person is None or not check_password_hash(person.password_hash or "", password):
            flash("This name and password do not belong together.")
        else:
            session.clear()
            session["person"] = name
            return redirect(url_for("index"))
    return render_template("auth/form.html", title="Log in")


@bp.post("/logout")
def logout():
    session.clear()
    return redirect(url_for("index"))
