"""The pet shop in a browser: signed in, and each of its forms used."""

import os
import shutil

import pytest

from tests.browser.appearance import check_appearance, keep_picture
from tests.e2e.serving import CHECKOUT, DevServer

PICTURES = os.environ.get("APPENGINE_TEST_PICTURES", "")


@pytest.fixture
def shop(tmp_path):
    """Serves a copy of the example with the pets of its seed."""
    tmp_path.chmod(0o755)
    folder = shutil.copytree(CHECKOUT / "examples" / "pets", tmp_path / "pets")
    with DevServer([folder], f"--seed_file={folder / 'seed.yaml'}") as server:
        yield server


def test_pets_are_added_weighed_and_neutered(page, shop):
    """What Ann does is there when she comes again, and is none of Bob's."""
    page.goto(shop.urls[0])
    page.get_by_label("E-mail").fill("ann@example.com")
    page.get_by_role("button", name="Log in").click()
    check_appearance(page)
    page.get_by_label("Name").fill("Tiger <i>")
    page.get_by_label("Type").select_option("bird")
    page.get_by_label("Born on").fill("2024-02-29")
    page.get_by_role("button", name="Add").click()
    tiger = page.get_by_role("listitem").filter(has_text="Tiger <i>")
    assert "bird, born Feb. 29, 2024" in tiger.inner_text()
    tiger.get_by_label("Weight of").fill("3")
    tiger.get_by_role("button", name="Weigh").click()
    page.get_by_role("button", name="All are neutered").click()
    neutered = page.get_by_role("listitem").filter(has_text="neutered")
    neutered.nth(2).wait_for()
    assert neutered.count() == 3
    assert tiger.get_by_label("Weight of").input_value() == "3"
    check_appearance(page)
    keep_picture(page, "pets", PICTURES)
    page.get_by_role("link", name="Sign out").click()
    page.get_by_label("E-mail").fill("bob@example.com")
    page.get_by_role("button", name="Log in").click()
    assert "Tweety" in page.inner_text("main") and "Tiger" not in page.inner_text("main")
