"""What the platform serves: the application that the factory makes."""

from flaskr import create_app

app = create_app()
