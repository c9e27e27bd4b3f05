"""A blog: people register, log in, and write posts that only they may change."""

import os

from flask import Flask

from flaskr import auth, blog


def create_app(test_config=None):
    """Returns the application; `test_config` replaces its settings."""
    app = Flask(__name__, static_folder="../static")
    app.config["SECRET_KEY"] = os.environ.get("FLASKR_SECRET_KEY", "dev")
    app.config.from_mapping(test_config or {})
    app.register_blueprint(auth.bp)
    app.register_blueprint(blog.bp)
    app.add_url_rule("/", endpoint="index")
    return app
