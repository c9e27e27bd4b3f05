"""The pages of the comparison, as a plain CGI script."""

import hashlib
import html
import os
import sys
from email.parser import BytesParser
from email.policy import HTTP
from http.cookies import SimpleCookie
from urllib.parse import parse_qs

import notes


def main():
    path, method = os.environ["PATH_INFO"], os.environ["REQUEST_METHOD"]
    body = sys.stdin.buffer.read(int(os.environ.get("CONTENT_LENGTH") or 0))
    if path == "/notes" and method == "POST":
        notes.add(parse_qs(body.decode())["text"][0])
        print("Status: 302 Found\nLocation: /notes\n")
        return
    text, headers = page(path, body)
    if text is None:
        print("Status: 404 Not Found\nContent-Type: text/plain\n\nnothing here")
        return
    print("Content-Type: text/html; charset=utf-8")
    print("\n".join([*headers, ""]))
    print(text, end="")


def page(path, body):  # noqa: PLR0911  # a page each
    if path.startswith("/hello/"):
        return f"<p>Hello {html.escape(path.removeprefix('/hello/'))}</p>\n", []
    if path == "/form":
        return ",".join(parse_qs(body.decode())["word"]), []
    if path == "/upload":
        head = f"Content-Type: {os.environ['CONTENT_TYPE']}\r\n\r\n".encode()
        (file,) = BytesParser(policy=HTTP).parsebytes(head + body).iter_parts()
        digest = hashlib.sha256(file.get_payload(decode=True)).hexdigest()
        return f"{file.get_filename()} {digest}", []
    if path == "/count":
        cookie = SimpleCookie(os.environ.get("HTTP_COOKIE", ""))
        number = int(cookie["count"].value) + 1 if "count" in cookie else 1
        return str(number), [f"Set-Cookie: count={number}"]
    if path == "/notes":
        return notes.all_texts(), []
    if path == "/file":
        if os.environ.get("HTTP_IF_NONE_MATCH") == '"small"':
            return "", ["Status: 304 Not Modified"]
        return open("small.txt").read(), ['ETag: "small"']
    if path == "/fail":
        raise ZeroDivisionError("on purpose")
    return None, []


if __name__ == "__main__":
    main()
