"""The pages about failures in a browser: a traceback, patterns that were tried, a short page."""

import os

import pytest

from tests.browser.appearance import check_appearance, keep_picture
from tests.e2e.serving import DevServer, write_files
from tests.e2e.test_failures import FILES

PICTURES = os.environ.get("APPENGINE_TEST_PICTURES", "")


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    """Serves an application that fails in many ways."""
    folder = write_files(tmp_path_factory.mktemp("failures") / "app", FILES)
    with DevServer([folder]) as server:
        yield server.urls[0]


def test_a_developer_reads_a_traceback_and_opens_its_frames(page, url, expected_errors):
    expected_errors.append("500 (Internal Server Error)")
    page.goto(f"{url}/feed?a=b")
    check_appearance(page)
    keep_picture(page, "traceback", PICTURES)
    assert page.get_by_role("heading", level=1).inner_text() == "ValueError"
    assert page.get_by_role("cell", name="{'cat': 'fish'}").first.is_visible()
    outer = page.locator("summary", has_text=" app")
    assert page.get_by_role("cell", name="'s3cret'").count() == 0
    outer.click()
    assert page.get_by_role("cell", name="'s3cret'").is_visible()
    check_appearance(page)


def test_a_developer_sees_which_patterns_were_tried(page, url, expected_errors):
    expected_errors.append("404 (Not Found)")
    page.goto(f"{url}/nowhere")
    check_appearance(page)
    keep_picture(page, "missing", PICTURES)
    assert page.get_by_role("row").count() == 4


def test_a_short_page_is_readable_too(page, url, expected_errors):
    expected_errors.append("403 (Forbidden)")
    page.goto(f"{url}/_ah/queue/x")
    check_appearance(page)
    keep_picture(page, "short", PICTURES)
    assert page.get_by_role("heading", level=1).inner_text() == "403 Forbidden"
