"""The webapp2 example in a browser: its pages, narrow and wide, and a visitor's list."""

import os

import pytest

from tests.browser.appearance import check_appearance, keep_picture
from tests.e2e.serving import CHECKOUT, DevServer

PICTURES = os.environ.get("APPENGINE_TEST_PICTURES", "")
SHELF = CHECKOUT / "examples" / "shelf"


@pytest.fixture
def shelf(tmp_path):
    """Serves the example with its books."""
    seed = f"--seed_file={SHELF / 'seed.yaml'}"
    with DevServer([SHELF], seed, storage=tmp_path / "storage") as server:
        yield server


def test_a_visitor_puts_a_book_on_the_shelf_and_on_a_list(page, shelf, expected_errors):
    expected_errors.append("status of 404 (Not Found)")  # the last page
    page.goto(shelf.urls[0])
    check_appearance(page)
    keep_picture(page, "shelf", PICTURES)
    page.get_by_label("Title").fill("Ice <b>")
    page.get_by_label("Author").fill("Anna Kavan")
    page.get_by_role("button", name="Put it on the shelf").click()
    assert "“Ice <b>” is on the shelf." in page.get_by_role("status").inner_text()
    check_appearance(page)
    page.get_by_role("link", name="Ice <b>").click()
    page.get_by_role("button", name="I mean to read it").click()
    page.get_by_role("button", name="Take it off my list").wait_for()
    check_appearance(page)
    keep_picture(page, "shelf-book", PICTURES)
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(shelf.urls[0])
    page.get_by_text("1 to read").wait_for()
    check_appearance(page)
    keep_picture(page, "shelf-narrow", PICTURES)
    page.goto(f"{shelf.urls[0]}/nowhere")
    page.get_by_role("heading", name="Not on this shelf").wait_for()
    check_appearance(page)
