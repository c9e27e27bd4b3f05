"""The Admin Console of a real server, in a browser."""

import shutil

import pytest

from tests.browser.appearance import check_appearance
from tests.e2e.serving import CHECKOUT, DevServer, wait_until

RELOAD_SECONDS = 10


@pytest.fixture
def server(tmp_path):
    """Serves a copy of the first example."""
    tmp_path.chmod(0o755)
    folder = tmp_path / "hello"
    shutil.copytree(CHECKOUT / "examples" / "helloworld", folder)
    with DevServer([folder], storage=tmp_path / "storage") as server:
        yield server


@pytest.fixture
def window(chromium):
    """Opens a page as a phone shows it."""
    context = chromium.new_context(viewport={"width": 390, "height": 844}, color_scheme="dark")
    yield context.new_page()
    context.close()


def _shows(window, text):
    window.reload()
    return text in window.inner_text("main")


def test_the_instances_are_those_that_serve(window, server):
    assert server.get("/").status == 200
    window.goto(server.admin)
    check_appearance(window)
    wait_until(lambda: _shows(window, server.urls[0]), RELOAD_SECONDS)
    rows = window.locator("section", has_text="helloworld").locator("tbody tr")
    wait_until(lambda: _shows(window, "python") and rows.count() > 0, RELOAD_SECONDS)
    layers = window.locator("#sandbox strong").all_inner_texts()
    assert {"seccomp", "limits"} <= set(layers)
    roles = window.inner_text("main")
    assert all(role in roles for role in ("supervisor", "nursery", "front", "zygote"))


def test_a_request_is_listed_with_its_status(window, server):
    assert server.get("/nothing-here").status in {200, 404}
    window.goto(f"{server.admin}/requests")
    wait_until(lambda: _shows(window, "GET /nothing-here"), RELOAD_SECONDS)


def test_an_error_of_configuration_is_shown_while_the_old_version_serves(window, server):
    window.goto(f"{server.admin}/log")
    config = server.application / "app.yaml"
    good = config.read_text()
    config.write_text(good + "runtim: python\n")
    wait_until(
        lambda: _shows(window, "helloworld: the newest files are not served"), RELOAD_SECONDS
    )
    banner = window.get_by_role("alert").first.inner_text()
    assert "app.yaml:9: runtim" in banner
    check_appearance(window)
    assert server.get("/").text == "Hello, webapp World!"
    config.write_text(good)
    wait_until(lambda: not _shows(window, "are not served"), RELOAD_SECONDS)


def test_the_button_ends_the_server(window, server):
    window.goto(f"{server.admin}/quit")
    window.get_by_role("button", name="Stop the server").click()
    window.get_by_role("heading", name="The server stops").wait_for()
    assert server.process.wait(10) == 0
    assert not server.status_file.exists()
