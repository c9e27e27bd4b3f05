import pytest

from tests.mail.serving import MailHost, MailRoom


@pytest.fixture
def room(tmp_path):
    with MailRoom(tmp_path) as made:
        yield made


@pytest.fixture
def host():
    with MailHost() as made:
        yield made
