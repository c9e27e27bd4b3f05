"""Each limit at and just over its bound, and what hostile messages do: nothing."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import msgpack

from appengine import urlfetch
from appengine.front.calls import Executor
from appengine.rpc.callers import Caller
from appengine.rpc.client import transport
from appengine.rpc.frames import MalformedCallError
from appengine.urlfetch import service
from appengine.urlfetch.server.bodies import read_content
from tests.urlfetch.origin import BOMB
from tests.urlfetch.serving import SERVERS, make_resources

SOURCE = 'App Engine, "Quotas", URL Fetch'


def test_a_url_has_at_most_10240_characters(direct, origin):
    """Source: App Engine, "Quotas", URL Fetch."""
    start = origin.url("/echo?")
    fitting = start + "a" * (service.MAX_URL - len(start))
    assert urlfetch.fetch(fitting).status_code == 200
    with pytest.raises(urlfetch.InvalidURLError, match="10241 characters; at most 10240"):
        urlfetch.fetch(fitting + "a")


def test_a_payload_has_at_most_10_mib(direct, origin):
    """Source: App Engine, "Quotas", URL Fetch: request size 10 MB."""
    url = origin.url()
    assert urlfetch.fetch(url, bytes(service.MAX_PAYLOAD), "PUT", deadline=30).status_code == 200
    with pytest.raises(urlfetch.PayloadTooLargeError, match=r"10485761 bytes .* at most 10485760"):
        urlfetch.fetch(url, bytes(service.MAX_PAYLOAD + 1), "PUT")


def test_a_response_has_at_most_32_mb(direct, origin):
    """Source: App Engine, "Quotas", URL Fetch: response size 32 MB; `ResponseTooLargeError`."""
    fitting = urlfetch.fetch(origin.url(f"/bytes/{service.MAX_RESPONSE}"), deadline=60)
    assert len(fitting.content) == service.MAX_RESPONSE and not fitting.content_was_truncated
    url = origin.url(f"/bytes/{service.MAX_RESPONSE + 1}")
    with pytest.raises(urlfetch.ResponseTooLargeError) as caught:
        urlfetch.fetch(url, deadline=60)
    assert len(caught.value.response.content) == service.MAX_RESPONSE
    cut = urlfetch.fetch(url, deadline=60, allow_truncated=True)
    assert cut.content_was_truncated and len(cut.content) == service.MAX_RESPONSE
    assert cut.headers["content-length"] == str(service.MAX_RESPONSE)


def test_what_a_bomb_would_become_is_not_decoded(direct, origin):
    """64 MiB in a few kB: no more than may be returned is ever made of it."""
    assert len(BOMB) < 10**5
    cut = urlfetch.fetch(origin.url("/bomb"), deadline=60, allow_truncated=True)
    assert cut.content_was_truncated and cut.content == bytes(service.MAX_RESPONSE)


def test_pieces_behind_the_limit_are_not_read():
    taken = []

    def pieces():
        while True:
            taken.append(1)
            yield bytes(2**20)

    assert read_content(pieces(), "")[1] is True
    assert len(taken) == service.MAX_RESPONSE // 2**20 + 1


def test_gzip_files_behind_one_another_are_one(direct):
    import gzip

    both = gzip.compress(b"a" * 70000) + gzip.compress(b"b") + bytes(8)
    for size in (1, 7, len(both)):
        pieces = [both[start : start + size] for start in range(0, len(both), size)]
        assert read_content(pieces, "x-gzip") == (b"a" * 70000 + b"b", False)
    assert read_content([], "gzip") == (b"", False)


def test_headers_are_200_of_64_kib_at_most(direct, origin):
    url = origin.url("/echo")
    for count, size, fits in ((90, 1, True), (201, 1, False), (2, 2**15, False)):
        headers = {f"X-{number}": "v" * size for number in range(count)}
        if fits:
            assert urlfetch.fetch(url, headers=headers).status_code == 200
        else:
            with pytest.raises(ValueError, match="at most 200 of 65536"):
                urlfetch.fetch(url, headers=headers)


@pytest.mark.parametrize(("count", "error"), [(200, urlfetch.DownloadError), (201, ValueError)])
def test_the_200th_header_is_sent_and_the_201st_is_not(direct, count, error):
    """Nobody listens at the port: what is right is known by its error."""
    with pytest.raises(error):
        urlfetch.fetch("http://127.0.0.1:65535/", headers=dict.fromkeys(map(str, range(count)), ""))


@pytest.mark.parametrize(
    ("stated", "seconds"), [(None, 5.0), (60.0, 60.0), (60.1, 60.0), (1e300, 60.0)]
)
def test_a_fetch_takes_5_seconds_unless_it_states_more_and_60_at_most(stated, seconds):
    """Source: App Engine, "URL Fetch", "Setting a request timeout": the default and the most."""
    caller = Caller(application="trial", deadline=float("inf"))
    server = SERVERS["urlfetch"](caller, make_resources(), None)
    before = time.monotonic()
    request = service.FetchRequest(url="http://example.com/", deadline_seconds=stated)
    hop = server._first_hop(request)
    assert before + seconds <= hop.deadline <= time.monotonic() + seconds


@pytest.mark.parametrize("headers", [{"A b": "1"}, {"": "1"}, {"A": "1\r\nHost: x"}, {"ä": "1"}])
def test_a_header_cannot_smuggle_another(direct, headers):
    with pytest.raises(ValueError, match="header"):
        urlfetch.fetch("http://127.0.0.1:65535/", headers=headers)


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf")])
def test_a_deadline_is_a_positive_number(direct, seconds):
    """Source: App Engine, `urlfetch_errors.DeadlineExceededError`: for an invalid deadline, too."""
    with pytest.raises(urlfetch.DeadlineExceededError, match="positive number of seconds"):
        urlfetch.fetch("http://127.0.0.1:65535/", deadline=seconds)


def test_nothing_is_fetched_where_no_request_is_open():
    assert transport.get(None) is None
    with pytest.raises(Exception, match="no request is open"):
        urlfetch.fetch("http://127.0.0.1:65535/")


junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats()
    | st.text()
    | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
fields = st.fixed_dictionaries(
    {},
    optional={
        "url": st.text() | st.just("http://10.0.0.1/") | junk,
        "method": st.sampled_from(["GET", "OPTIONS", ""]) | junk,
        "headers": st.lists(st.tuples(st.text(), st.text())) | junk,
        "payload": st.binary() | junk,
        "follow_redirects": junk,
        "deadline_seconds": st.floats() | junk,
        "other": junk,
    },
)


@given(message=st.binary() | fields.map(msgpack.encode))
def test_a_hostile_message_is_malformed_or_an_error_by_name(message):
    executor = Executor(SERVERS, make_resources(resolve=lambda *each: ["10.0.0.1"]), print)
    executor._charge = lambda *each: None
    caller = Caller(application="trial")
    try:
        outcome = executor.execute(caller, "urlfetch", "fetch", message)
    except MalformedCallError:
        return
    assert outcome.error in {"InvalidURLError", "DownloadError"}, outcome
