"""Plays a page's fenced blocks against a server: `console` starts it, `http` speaks to it.

A `console` block is a command and what it prints. An `http` block is a request as it is sent, an
empty line, and the response: its status line, the headers that matter, and its body. `...` and the
spaces around it stand for any text; runs of spaces and line ends are as good as one space; the
address in the page stands for the one that the server has. Cookies are kept from block to block.
A form's `token=...` is sent with the value that the last page has in its hidden field `token`.
"""

import http.client
import re
from collections.abc import Callable, Iterator
from http.cookies import SimpleCookie
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urlsplit

PAGE_URL = "http://localhost:8080"
FENCE = re.compile(r"^```(console|http)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
FROM_PAGE = re.compile(r"(\w+)=\.\.\.")
STATUS = re.compile(r"^HTTP/1\.1 (\d{3}) ?(.*)$", re.MULTILINE)


class Block(NamedTuple):
    """One fenced block of a page."""

    kind: str
    text: str
    line: int


class Reply(NamedTuple):
    """A response that has been read."""

    status: int
    reason: str
    headers: http.client.HTTPMessage
    text: str


def read_blocks(page: Path) -> list[Block]:
    """Returns a page's blocks, in order."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(found[1], found[2], text.count("\n", 0, found.start()) + 1)
        for found in FENCE.finditer(text)
    ]


def matches(expected: str, text: str) -> bool:
    """Returns whether a text is the expected one, where `...` stands for anything."""
    parts = " ".join(expected.split()).split("...")
    pattern = ".*".join(re.escape(part.strip()) for part in parts)
    return re.fullmatch(pattern, " ".join(text.split())) is not None


class Player:
    """Speaks to one server as one browser does."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._cookies: dict[str, str] = {}
        self._hidden: dict[str, str] = {}

    def play(self, block: Block) -> str:
        """Sends an `http` block's request; returns what is wrong with the response, or nothing."""
        head = STATUS.search(block.text)
        if head is None:
            return "the block has no response"
        reply = self._send(self._localize(block.text[: head.start()]))
        problems = self._compare(head, block.text[head.end() :], reply)
        return "; ".join(problems)

    def _localize(self, text: str) -> str:
        encoded = text.replace(quote(PAGE_URL, ""), quote(self._url, ""))
        return encoded.replace(PAGE_URL, self._url)

    def _compare(self, head: re.Match[str], rest: str, reply: Reply) -> Iterator[str]:
        expected, _, body = rest.partition("\n\n")
        if (int(head[1]), head[2].lower()) != (reply.status, reply.reason.lower()):
            yield f"status {reply.status} {reply.reason}; page has {head[1]} {head[2]}"
        for name, value in _read_headers(expected.splitlines()).items():
            sent = reply.headers.get(name, "")
            if not matches(self._localize(value), sent):
                yield f"{name}: {sent!r}; page has {value!r}"
        if body.strip() and not matches(self._localize(body), reply.text):
            yield f"body: {reply.text!r}; page has {body!r}"

    def _send(self, text: str) -> Reply:
        head, _, body = text.strip("\n").partition("\n\n")
        body = FROM_PAGE.sub(lambda found: f"{found[1]}={self._hidden.get(found[1], '')}", body)
        first, *lines = head.splitlines()
        method, _, path = first.partition(" ")
        headers = _read_headers(lines)
        if self._cookies:
            headers["Cookie"] = "; ".join(
                f"{name}={value}" for name, value in self._cookies.items()
            )
        connection = http.client.HTTPConnection(urlsplit(self._url).netloc, timeout=30)
        try:
            connection.request(method, quote(path, "/?&=%@:+"), body.encode(), headers)
            response = connection.getresponse()
            content = response.read().decode()
        finally:
            connection.close()
        self._hidden |= dict(HIDDEN.findall(content))
        for cookie in response.headers.get_all("Set-Cookie", []):
            self._cookies |= {key: morsel.value for key, morsel in SimpleCookie(cookie).items()}
        return Reply(response.status, response.reason, response.headers, content)


def split_runs(blocks: list[Block]) -> list[list[Block]]:
    """Returns the blocks of each run of the server: its `console` block, and what it answers."""
    runs: list[list[Block]] = []
    for block in blocks:
        if block.kind == "console" or not runs:
            runs.append([])
        runs[-1].append(block)
    return runs


def flags_of(block: Block) -> list[str]:
    """Returns the flags with which a `console` block starts the server."""
    return [word for word in block.text.splitlines()[0].split() if word.startswith("--")]


def paths_of(block: Block) -> list[str]:
    """Returns what a `console` block serves: a directory, or several yaml files."""
    words = block.text.splitlines()[0].split()[2:]
    return [word for word in words if not word.startswith("--")]


def check_console(block: Block, folder: str, printed: Callable[[], str]) -> str:
    """Returns what is wrong with a `console` block that starts the server, or nothing."""
    command, *expected = block.text.splitlines()
    paths = paths_of(block)
    is_ours = paths == [folder] or all(path.startswith(f"{folder}/") for path in paths)
    if command != " ".join(["$ dev_appserver.py", *flags_of(block), *paths]) or not is_ours:
        return f"{command!r} does not serve {folder}"
    lines = printed().splitlines()[: len(expected)]
    if not matches(_mask("\n".join(expected)), _mask("\n".join(lines))):
        return f"the server printed {lines!r}; page has {expected!r}"
    return ""


def _mask(text: str) -> str:
    return re.sub(r"localhost:\d+", "localhost:PORT", text)


def _read_headers(lines: list[str]) -> dict[str, str]:
    pairs = (line.partition(":") for line in lines if line.strip())
    return {name.strip(): value.strip() for name, _, value in pairs}
