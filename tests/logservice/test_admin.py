"""The pages of request logs in the Admin Console."""

import pytest

from appengine.console.figures import FILTERS
from appengine.console.rooms import make_templates
from appengine.logservice.admin import show_logs
from appengine.rpc.admin import Visit
from tests.console.pictures import make_status
from tests.logservice.conftest import CALL


@pytest.fixture
def show(logs):
    templates = make_templates(["appengine.logservice.admin"], FILTERS)

    def render(**arguments):
        view = show_logs(
            Visit(
                application="trial",
                arguments=arguments,
                sends_form=False,
                resources=logs.resources,
            )
        )
        return templates.get_template(view.template).render(
            view.values,
            pages=[],
            page="/logs",
            server=make_status(),
            application="trial",
            xsrf_token="",
        )

    return render


def written(logs):
    from appengine.logservice.server import open_log

    open_log(logs.resources).write()


def test_it_lists_requests_with_their_lines(logs, show):
    assert "No request yet." in show()
    buffer = logs.open("r1")
    buffer.write_record(3, 1000.0, "<script>boo</script>")
    buffer.flush()
    logs.end("r1", path="/one", calls=[CALL], call_count=1)
    written(logs)
    page = show()
    assert "/one" in page and "1 call" in page and "&lt;script&gt;boo" in page
    assert "No such request" in show(text="nothing of it")
    assert "/one" in show(text="BOO", level="3", status="2")
    assert "http-equiv" not in page and 'http-equiv="refresh"' in show(live="1")


def test_it_goes_on_to_older_ones(logs, show):
    for number in range(60):
        logs.end(f"r{number}", path=f"/page-{number}-")
    written(logs)
    page = show()
    assert "/page-59-" in page and "/page-9-" not in page and "before=11" in page
    assert "/page-9-" in show(before="11") and "/page-59-" not in show(before="11")


def test_one_request_shows_each_call_with_its_cost(logs, show):
    logs.end("r1", path="/one", calls=[CALL], call_count=300, seconds=0.1)
    written(logs)
    page = show(below="r1")
    for shown in ("datastore_v3.get", "key Pet/1", "3 / 2", "1 reads", "2.0 ms", "other 7"):
        assert shown in page, shown
    assert "the first 1 are shown" in page and 'x="60.0"' in page
    assert "No such request" in show(below="unknown")


@pytest.mark.parametrize("arguments", [{"before": "x"}, {"level": "9"}, {"status": "99"}], ids=str)
def test_arguments_that_are_none_are_left_out(show, arguments):
    assert "No such request" in show(**arguments) or "No request yet" in show(**arguments)
