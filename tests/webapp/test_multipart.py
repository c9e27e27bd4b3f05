"""Source: RFC 7578; App Engine, "The Request Class", uploaded files."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appengine import webapp
from appengine.webapp.forms import Upload

BOUNDARY = "----Frontier7"


def form(*parts, boundary=BOUNDARY, end="--\r\n"):
    """Returns a POST of parts, each a pair of header lines and content."""
    pieces = []
    for headers, content in parts:
        pieces += [f"--{boundary}\r\n{headers}\r\n\r\n".encode(), content, b"\r\n"]
    body = b"".join([*pieces, f"--{boundary}{end}".encode()])
    return raw(body, boundary)


def raw(body, boundary=BOUNDARY):
    headers = {"Content-Type": f'multipart/form-data; boundary="{boundary}"'}
    return webapp.Request.blank("/", method="POST", body=body, headers=headers)


def named(name, rest=""):
    return f'Content-Disposition: form-data; name="{name}"{rest}'


def test_text_and_files_are_fields():
    picture = named("picture", '; filename="rex.png"') + "\r\nContent-Type: image/png"
    request = form((named("name"), "Rëx".encode()), (picture, b"\x89PNG\r\n\x00"))
    assert request.get("name") == "Rëx"
    assert request.get("picture") == b"\x89PNG\r\n\x00"
    assert request.arguments() == ["name", "picture"]


def test_a_file_has_name_type_headers_and_contents():
    headers = named("f", '; filename="a.txt"') + "\r\nContent-Type: text/plain; charset=x\r\nX-A: b"
    upload = form((headers, b"line one\nline two")).POST["f"]
    assert (upload.name, upload.filename, upload.type) == ("f", "a.txt", "text/plain")
    assert (upload.headers["x-a"], len(upload), bool(upload)) == ("b", 17, True)
    assert upload.value == b"line one\nline two"
    assert upload.file.readline() == b"line one\n"
    assert upload.file.read() == b"line two"


def test_an_empty_file_is_a_file_and_an_empty_field_is_none():
    request = form(
        (named("empty", '; filename="e.txt"'), b""), (named("none", '; filename=""'), b"")
    )
    assert isinstance(request.POST["empty"], Upload) and request.get("empty") == b""
    assert request.POST["none"] == request.get("none", default_value="x") == ""


@pytest.mark.parametrize(
    ("rest", "filename"),
    [
        ('; filename="a;b=c.txt"', "a;b=c.txt"),
        (r'; filename="say \"hi\".txt"', 'say "hi".txt'),
        (r'; filename="C:\pets\rex.png"', r"C:\pets\rex.png"),
        ('; filename="bär.png"', "bär.png"),
        ("; filename=plain.txt", "plain.txt"),
        ("; filename*=UTF-8''b%C3%A4r.png", "bär.png"),
        ("; filename=old.png; filename*=utf-8'de'b%C3%A4r.png", "bär.png"),
        ("; filename*=nope''x.png", "x.png"),
    ],
)
def test_a_files_name_is_read_as_clients_write_it(rest, filename):
    assert form((named("f", rest), b"x")).POST["f"].filename == filename


def test_content_may_hold_what_looks_like_a_boundary():
    content = f"--{BOUNDARY}\r\n--{BOUNDARY}x\r\n--{BOUNDARY[:-1]}\r\n".encode()[
        len(BOUNDARY) + 4 :
    ]
    assert form((named("f", '; filename="a"'), content)).get("f") == content


def test_text_before_and_behind_the_parts_is_no_part():
    body = form((named("a"), b"1")).body
    assert raw(b"preamble\r\n" + body + b"epilogue").POST.pairs() == [("a", "1")]


def test_a_field_may_name_its_charset():
    headers = named("a") + "\r\nContent-Type: text/plain; charset=latin-1"
    assert form((headers, b"\xe9")).get("a") == "é"


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (form((named("a"), b"1"), end=""), "without its closing boundary"),
        (form((named("a"), b"1"), end="-"), "without its closing boundary"),
        (raw(b"nothing of the kind"), "without its closing boundary"),
        (form((named("a"), b"1"), boundary=""), "boundary ''"),
        (form((named("a"), b"1"), boundary="x" * 201), "needs 1 to 200 characters"),
        (form(("Content-Type: text/plain", b"1")), "Content-Disposition ''"),
        (form(("Content-Disposition: attachment; name=a", b"1")), "'attachment; name=a'"),
        (form(("Content-Disposition: form-data", b"1")), "'form-data'"),
        (form((named("a") + "\r\nX: " + "y" * 20_000, b"1")), "in its first 16384 bytes"),
        (form((named("a") + "\r\nContent-Type: a/b; charset=nope", b"1")), "charset 'nope'"),
    ],
)
def test_a_form_that_is_none_is_a_malformed_request(request_, reason):
    with pytest.raises(webapp.MalformedRequestError, match=reason):
        request_.get("a")


def test_more_than_ten_thousand_parts_are_a_malformed_request():
    with pytest.raises(webapp.MalformedRequestError, match="more than 10000 parts"):
        form(*[(named("a"), b"")] * 10_001).get("a")


@settings(max_examples=60, deadline=None)
@given(
    contents=st.lists(st.binary(max_size=60), max_size=5),
    boundary=st.from_regex(r"[0-9A-Za-z'+_-]{1,70}", fullmatch=True),
)
def test_every_file_arrives_as_it_was_sent(contents, boundary):
    contents = [content.replace(boundary.encode(), b"") for content in contents]
    parts = [(named(f"f{i}", '; filename="x"'), content) for i, content in enumerate(contents)]
    uploads = form(*parts, boundary=boundary).POST.pairs()
    expected = [content for content in contents if boundary.encode() not in content]
    assert [upload.value for _, upload in uploads] == expected


@settings(max_examples=60, deadline=None)
@given(body=st.binary(max_size=200))
def test_any_body_is_fields_or_a_malformed_request(body):
    request = raw(b"--b\r\n" + body + b"\r\n--b--", "b")
    try:
        assert all(isinstance(name, str) for name in request.POST)
    except webapp.MalformedRequestError as error:
        assert "\n" not in str(error)
