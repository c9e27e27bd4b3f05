"""What the tests of app.yaml share: a directory to write applications into."""

import pytest

from appengine.config.app_yaml import load_application
from appengine.config.errors import ConfigurationError


@pytest.fixture
def app(tmp_path):
    """An application's directory; call it with app.yaml's text and further files."""

    class App:
        directory = tmp_path / "Guest Book_2"

        def write(self, text, *names, **files):
            for name in ("main.py", *names):
                path = self.directory / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text("" if name.endswith(".txt") else "app = None\n")
            for name, content in files.items():
                (self.directory / f"{name}.yaml").write_text(content)
            (self.directory / "app.yaml").write_text(text)
            return self.directory

        def load(self, text, *names, **files):
            return load_application(self.write(text, *names, **files))

        def refusal(self, text, *names, **files):
            with pytest.raises(ConfigurationError) as caught:
                self.load(text, *names, **files)
            message = str(caught.value)
            assert len(message.splitlines()) == 1
            return message.removeprefix(f"{self.directory}/").replace(str(self.directory), "APP")

    return App()
