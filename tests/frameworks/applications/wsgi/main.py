"""The pages of the comparison, as a plain WSGI application."""

import hashlib
import html
from email.parser import BytesParser
from email.policy import HTTP
from http.cookies import SimpleCookie
from urllib.parse import parse_qs

import notes


def app(environ, start_response):
    path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    status, headers, text = "200 OK", [("Content-Type", "text/html; charset=utf-8")], ""
    if path.startswith("/hello/"):
        name = path.removeprefix("/hello/").encode("latin-1").decode()
        text = f"<p>Hello {html.escape(name)}</p>\n"
    elif path == "/form":
        text = ",".join(parse_qs(body.decode())["word"])
    elif path == "/upload":
        head = f"Content-Type: {environ['CONTENT_TYPE']}\r\n\r\n".encode()
        (file,) = BytesParser(policy=HTTP).parsebytes(head + body).iter_parts()
        digest = hashlib.sha256(file.get_payload(decode=True)).hexdigest()
        text = f"{file.get_filename()} {digest}"
    elif path == "/count":
        cookie = SimpleCookie(environ.get("HTTP_COOKIE", ""))
        text = str(int(cookie["count"].value) + 1) if "count" in cookie else "1"
        headers.append(("Set-Cookie", f"count={text}"))
    elif path == "/notes" and method == "POST":
        notes.add(parse_qs(body.decode())["text"][0])
        status = "302 Found"
        headers.append(("Location", "/notes"))
    elif path == "/notes":
        text = notes.all_texts()
    elif path == "/file":
        text = open("small.txt").read()
        headers.append(("ETag", '"small"'))
        if environ.get("HTTP_IF_NONE_MATCH") == '"small"':
            status, text = "304 Not Modified", ""
    elif path == "/fail":
        raise ZeroDivisionError("on purpose")
    else:
        status, text = "404 Not Found", "nothing here"
    start_response(status, headers)
    return [text.encode()]
