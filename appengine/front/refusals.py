"""Answers to what is no whole request: they are sent as they are, and the connection ends."""

from appengine.front.gate import MAX_HEAD_BYTES


def refusal(status: str, sentence: str) -> bytes:
    """Returns a whole response: `400 Bad Request` and a sentence."""
    body = f"{sentence}\n".encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


NO_ROOM = refusal(
    "503 Service Unavailable", "The server has no room for the request's body: try again later."
)
TOO_SLOW = refusal("408 Request Timeout", "The request arrived too slowly or not whole.")
HEAD_TOO_LARGE = refusal(
    "431 Request Header Fields Too Large", f"The request's headers exceed {MAX_HEAD_BYTES} bytes."
)
