"""Contents on their way: Content-Length stays true while files change."""

import os
from wsgiref.util import FileWrapper

import pytest

from appengine.front.sending import PIECE, SMALL_BYTES, SentFile, body_of, read_content

GET = {"REQUEST_METHOD": "GET"}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "file"


def content(path, data):
    path.write_bytes(data)
    return read_content(os.open(path, os.O_RDONLY))


def test_a_small_file_is_read_at_once_and_does_not_change_any_more(path):
    found = content(path, b"x" * SMALL_BYTES)
    path.write_bytes(b"")
    assert (found.size, b"".join(body_of(found, 0, found.size, GET))) == (
        SMALL_BYTES,
        b"x" * SMALL_BYTES,
    )


def test_a_large_file_that_grows_is_sent_up_to_its_stated_length(path):
    found = content(path, b"x" * (SMALL_BYTES + 1))
    with path.open("ab") as file:
        file.write(b"y" * 1000)
    body = body_of(found, 0, found.size, GET)
    assert b"".join(body) == b"x" * found.size
    body.close()


@pytest.mark.parametrize("environ", [GET, GET | {"wsgi.file_wrapper": FileWrapper}])
def test_a_large_file_that_shrinks_is_an_error_and_the_connection_ends(path, environ):
    """A client would wait for the rest, or take the next response for it."""
    found = content(path, b"x" * 3 * PIECE)
    body = body_of(found, 0, found.size, environ)
    os.truncate(path, PIECE)
    with pytest.raises(OSError, match="became shorter than 196608 bytes"):
        b"".join(body)
    with pytest.raises(OSError, match="became shorter"):
        body.close()


def test_what_sendfile_sent_too_short_is_told_at_the_end(path):
    found = content(path, b"x" * 3 * PIECE)
    file = SentFile(found.descriptor, 0, found.size)
    os.truncate(path, 10)
    with pytest.raises(ConnectionResetError, match="became shorter"):
        file.close()
    assert file.closed
    file.close()


def test_a_part_begins_where_the_descriptor_stands(path):
    """gunicorn's sendfile begins at the descriptor's position."""
    found = content(path, os.urandom(3 * PIECE))
    file = SentFile(found.descriptor, 1000, 1010)
    assert os.lseek(file.fileno(), 0, os.SEEK_CUR) == 1000
    assert file.read(4) + file.read() + file.read() == path.read_bytes()[1000:1010]
    file.close()


def test_head_lets_the_file_go(path):
    found = content(path, b"x" * (SMALL_BYTES + 1))
    assert body_of(found, 0, found.size, {"REQUEST_METHOD": "HEAD"}) == ()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(found.descriptor)
