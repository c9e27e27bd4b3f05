"""The guestbook in a browser: signed in, signed, and there again after the hardest stop."""

import os
import shutil
import signal
from contextlib import suppress

import pytest

from tests.browser.appearance import check_appearance, keep_picture
from tests.e2e.serving import CHECKOUT, DevServer
from tests.e2e.test_life import descendants

PICTURES = os.environ.get("APPENGINE_TEST_PICTURES", "")


@pytest.fixture
def guestbook(tmp_path, expected_errors):
    """Serves a copy of the example, so that the checkout stays as it is."""
    expected_errors.append("status of 404 (Not Found)")  # it has no /favicon.ico
    tmp_path.chmod(0o755)
    folder = tmp_path / "guestbook"
    shutil.copytree(CHECKOUT / "examples" / "guestbook", folder)
    with DevServer([folder], storage=tmp_path / "storage") as server:
        yield server


def _sign_in(page, email):
    page.get_by_role("link", name="Sign in", exact=True).click()
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("button", name="Log in").click()


def test_a_signature_is_there_after_kill_9(page, guestbook):
    """A user signs in and signs the book; every process is killed; the book is as it was."""
    page.goto(guestbook.urls[0])
    check_appearance(page)
    _sign_in(page, "ann@example.com")
    page.get_by_label("Your greeting").fill("Hello <b>from</b>\nthe browser")
    page.get_by_role("button", name="Sign the book").click()
    assert "Hello <b>from</b>" in page.inner_text("main")
    assert "ann@example.com" in page.inner_text("main")
    check_appearance(page)
    keep_picture(page, "guestbook", PICTURES)
    for pid in (guestbook.pid, *descendants(guestbook.pid)):
        with suppress(ProcessLookupError):  # they all end with the first
            os.kill(pid, signal.SIGKILL)
    guestbook.process.wait()
    guestbook.status_file.unlink()  # nobody was left to remove it
    guestbook.start()
    page.goto(guestbook.urls[0])
    assert "Hello <b>from</b>" in page.inner_text("main")


def test_who_is_signed_in_is_it_after_a_restart(page, guestbook):
    """The port may be another one: the cookie is the host's, and the secret is kept."""
    page.goto(guestbook.urls[0])
    _sign_in(page, "ann@example.com")
    guestbook.stop()
    guestbook.start()
    page.goto(guestbook.urls[0])
    assert "ann@example.com" in page.inner_text("body")
    assert page.get_by_role("link", name="Sign in", exact=True).count() == 0
