"""The reserve: requests of the platform's own have threads, or 503 at once; none waits for one."""

import threading

import pytest

from appengine.front.answers import page
from appengine.front.inward import collect, make_environ
from appengine.front.reserve import Reserve
from appengine.rpc.frames import MAX_BODY_BYTES
from appengine.rpc.internal import InternalRequest
from tests.mail.serving import run_in_thread

SECONDS = 30


class Holding:
    """Requests that stay open until the test lets them go."""

    def __init__(self, reserve):
        self.reserve = reserve
        self.go = threading.Event()
        self.futures = []

    def hold(self, asker):
        """Opens one more; returns whether it got a thread."""
        began = threading.Event()

        def serve():
            began.set()
            self.go.wait(SECONDS)
            return page(200, "served")

        future = run_in_thread(self.reserve.run, asker, serve, SECONDS)
        while not began.is_set():
            if future.done():
                return future.result().status == 200
            began.wait(0.01)
        self.futures.append(future)
        return True


@pytest.fixture
def holding():
    made = Holding(Reserve(16))
    yield made
    made.go.set()
    for future in made.futures:
        assert future.result(SECONDS).status == 200


def test_one_asker_gets_half_and_each_further_one_half_of_the_rest(holding):
    counts = []
    for asker in "abcd":
        count = 0
        while holding.hold(asker):
            count += 1
        counts.append(count)
    assert counts == [8, 4, 2, 1]


def test_a_thread_that_has_served_is_free_again(holding):
    while holding.hold("a"):
        pass
    holding.go.set()
    for future in holding.futures:
        future.result(SECONDS)
    for _ in range(20):
        assert holding.reserve.run("a", lambda: page(200, "x"), SECONDS).status == 200


def test_who_waits_too_long_goes_and_the_request_goes_on():
    reserve, go, ended = Reserve(2), threading.Event(), threading.Event()

    def serve():
        go.wait(SECONDS)
        ended.set()
        return page(200, "late")

    with pytest.raises(TimeoutError):
        reserve.run("a", serve, 0.05)
    assert reserve.run("a", serve, 0.05).status == 503, "it keeps its thread"
    go.set()
    assert ended.wait(SECONDS)


def test_a_failure_is_whose_request_it_was():
    reserve = Reserve(2)

    def fail():
        raise ValueError("broken")

    for _ in range(5):
        with pytest.raises(ValueError, match="broken"):
            reserve.run("a", fail, SECONDS)


def test_a_request_becomes_what_the_pipeline_takes():
    request = InternalRequest(
        application="trial",
        method="POST",
        target="/a%20b/%C3%A9?x=%20y",
        headers=[
            ("Content-Type", "text/plain"),
            ("X-A", "1"),
            ("x-a", "2"),
            ("Content-Length", "9"),
        ],
        body=b"text",
    )
    environ = make_environ(request, "localhost:1")
    assert environ["PATH_INFO"] == "/a b/\xc3\xa9" and environ["QUERY_STRING"] == "x=%20y"
    assert (environ["CONTENT_TYPE"], environ["CONTENT_LENGTH"]) == ("text/plain", "4")
    assert (environ["HTTP_X_A"], environ["HTTP_HOST"]) == ("1,2", "localhost:1")
    assert environ["wsgi.input"].read() == b"text"
    assert "CONTENT_LENGTH" not in make_environ(InternalRequest(application="a"), "h")


def test_an_answer_is_collected_whole_and_closed():
    closed = []

    class Body:
        def __iter__(self):
            return iter([b"a", b"b"])

        def close(self):
            closed.append(1)

    answer = page(200, "x")
    answer.body = Body()
    assert collect(answer).body == b"ab" and closed == [1]
    answer.body = [bytes(MAX_BODY_BYTES), b"more"]
    cut = collect(answer)
    assert len(cut.body) == MAX_BODY_BYTES
    assert not any(name.lower() == "content-length" for name, _ in cut.headers)
