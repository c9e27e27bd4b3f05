"""The examples in Flask, Django and Bottle in a browser: each one's errand, from page to page."""

import os
from itertools import count

import pytest

from tests.browser.appearance import check_appearance, keep_picture
from tests.e2e.serving import CHECKOUT, DevServer
from tests.frameworks.libraries import provide

PICTURES = os.environ.get("APPENGINE_TEST_PICTURES", "")
EXAMPLES = ("flaskr", "polls", "todo")
numbers = count(1)


@pytest.fixture(scope="module")
def urls():
    """Serves the three; each test leaves something behind, as visitors do."""
    folders = [CHECKOUT / "examples" / name for name in EXAMPLES]
    for folder in folders:
        provide(folder)
    with DevServer(folders) as server:
        yield dict(zip(EXAMPLES, server.urls, strict=True))


def test_a_reader_registers_logs_in_and_writes_a_post_that_only_the_author_may_edit(page, urls):
    name = f"ann-{next(numbers)}"
    page.goto(urls["flaskr"])
    page.get_by_role("link", name="Register").click()
    check_appearance(page)
    for button in ("Register", "Log in"):
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill("secret")
        page.get_by_role("button", name=button).click()
    page.get_by_role("link", name="New post").click()
    check_appearance(page)
    page.get_by_label("Title").fill(f"Of {name}")
    page.get_by_label("Text").fill("One line\nand <b>another</b>, and " + "averylongword" * 12)
    page.get_by_role("button", name="Save").click()
    assert "and <b>another</b>" in page.inner_text("main")
    check_appearance(page)
    keep_picture(page, "flaskr", PICTURES)
    page.get_by_role("link", name="Edit").click()
    check_appearance(page)
    keep_picture(page, "flaskr-edit", PICTURES)
    page.get_by_role("button", name="Delete this post").click()
    assert f"Of {name}" not in page.inner_text("main")


def test_an_administrator_asks_and_a_vote_is_counted(page, urls):
    question = f"Tea or coffee, for the {next(numbers)}th time?"
    page.goto(urls["polls"])
    check_appearance(page)
    page.get_by_role("link", name="Ask").click()
    page.get_by_label("E-mail").fill("ann@example.com")
    page.get_by_label("administrator").check()
    page.get_by_role("button", name="Log in").click()
    check_appearance(page)
    keep_picture(page, "polls-ask", PICTURES)
    page.get_by_label("Question").fill(question)
    page.get_by_label("Choices").fill("Only one")
    page.get_by_role("button", name="Ask").click()
    assert "Two choices at least" in page.inner_text("main")
    check_appearance(page)
    page.get_by_label("Choices").fill("Tea\nCoffee\nWater, please, as it is late by now")
    page.get_by_role("button", name="Ask").click()
    check_appearance(page)
    page.get_by_role("link", name=question).click()
    check_appearance(page)
    keep_picture(page, "polls", PICTURES)
    page.get_by_label("Coffee").check()
    page.get_by_role("button", name="Vote").click()
    assert "Coffee 1 vote" in " ".join(page.inner_text("main").split())
    check_appearance(page)
    keep_picture(page, "polls-results", PICTURES)


def test_a_thing_to_do_is_noted_and_done(page, urls):
    text = f"Feed the {next(numbers)}th <cat>"
    page.goto(urls["todo"])
    check_appearance(page)
    page.get_by_role("link", name="New").click()
    page.get_by_label("What").fill(text)
    check_appearance(page)
    page.get_by_role("button", name="Save").click()
    check_appearance(page)
    keep_picture(page, "todo", PICTURES)
    page.get_by_role("listitem").filter(has_text=text).get_by_role("link", name="Edit").click()
    check_appearance(page)
    page.get_by_label("Status").select_option("done")
    page.get_by_role("button", name="Save").click()
    assert text not in page.inner_text("main")
    page.get_by_role("link", name="All items").click()
    assert text in page.inner_text("main")
    check_appearance(page)
