"""A canary: a server and a file that nothing may ever ask for. What is heard, by TCP or UDP, is kept for tests to read.

The same process also serves the images that may be fetched, below `/uploads/`: good ones, and answers that lead to the
canary by redirections, headers or markup.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex

REDIRECTIONS = (301, 302, 303, 307, 308)


@dataclass
class Canary:
    """Where the canary listens, what it has heard, and the file with its secret."""

    port: int
    file: Path
    secret: str
    images: str = ""
    heard: list[str] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The canary's own address."""
        return f"http://127.0.0.1:{self.port}/canary"


@contextmanager
def canary(folder: Path) -> Iterator[Canary]:
    """A canary that listens while the block lasts; its file lies in `folder`."""
    secret = f"canary-{token_hex(12)}"
    file = folder / "canary.txt"
    file.write_text(secret + "\n")
    with ExitStack() as stack:
        tcp = stack.enter_context(_socket(socket.AF_INET, socket.SOCK_STREAM, "127.0.0.1", 0))
        made = Canary(tcp.getsockname()[1], file, secret)
        images = stack.enter_context(_socket(socket.AF_INET, socket.SOCK_STREAM, "127.0.0.1", 0))
        made.images = f"http://127.0.0.1:{images.getsockname()[1]}/uploads/"
        udp = stack.enter_context(_socket(socket.AF_INET, socket.SOCK_DGRAM, "127.0.0.1", made.port))
        _start(_hear_tcp, tcp, made)
        _start(_hear_udp, udp, made)
        _start(_serve_images, images, made)
        with suppress(OSError):  # a machine without IPv6
            six = stack.enter_context(_socket(socket.AF_INET6, socket.SOCK_STREAM, "::1", made.port))
            _start(_hear_tcp, six, made)
        yield made


@contextmanager
def _socket(family: int, kind: int, host: str, port: int) -> Iterator[socket.socket]:
    """A listening socket; leaving the block ends the thread that reads from it."""
    with socket.socket(family, kind) as made:
        made.bind((host, port))
        if kind == socket.SOCK_STREAM:
            made.listen(64)
        try:
            yield made
        finally:
            with suppress(OSError):
                made.shutdown(socket.SHUT_RDWR)


def _start(target: object, *arguments: object) -> None:
    threading.Thread(target=target, args=arguments, daemon=True).start()  # type: ignore[arg-type]


def _hear_tcp(listening: socket.socket, canary: Canary) -> None:
    for connection in _connections(listening):
        with connection:
            canary.heard.append(f"TCP {_first_line(connection)}")


def _hear_udp(receiving: socket.socket, canary: Canary) -> None:
    with suppress(OSError):
        while data := receiving.recv(2_048):
            canary.heard.append(f"UDP {data!r}")


def _serve_images(listening: socket.socket, canary: Canary) -> None:
    for connection in _connections(listening):
        with connection, suppress(OSError):
            path = [*_first_line(connection).split(" "), ""][1]
            canary.fetched.append(path)
            if not path.startswith("/uploads/"):
                canary.heard.append(f"TCP outside of /uploads/: {path}")
            connection.sendall(_answer(path, canary))


def _connections(listening: socket.socket) -> Iterator[socket.socket]:
    with suppress(OSError):  # closed
        while True:
            yield listening.accept()[0]


def _first_line(connection: socket.socket) -> str:
    connection.settimeout(2)
    with suppress(OSError):
        return connection.recv(4_096).split(b"\r\n", 1)[0].decode("latin-1")
    return ""


def _answer(path: str, canary: Canary) -> bytes:
    """What the server of images says: the name after `/uploads/` tells how it leads to the canary."""
    name = path.removeprefix("/uploads/")
    headers, body = [f"Link: <{canary.url}>; rel=preload; as=image"], b""
    status = 200
    if name.isdigit() and int(name) in REDIRECTIONS:
        status = int(name)
        headers.append(f"Location: {canary.url}")
    elif name == "refresh":
        headers.append(f"Refresh: 0; url={canary.url}")
    elif name == "scheme":
        status = 302
        headers.append(f"Location: file://{canary.file}")
    elif name == "relative":
        status = 302
        headers.append(f"Location: //127.0.0.1:{canary.port}/canary")
    elif name == "above":
        status = 302
        headers.append("Location: /uploads/../canary")
    elif name == "html":
        body = f'<html><meta http-equiv="refresh" content="0; url={canary.url}"></html>'.encode()
    elif name == "svg":
        body = (
            f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:x="http://www.w3.org/1999/xlink">'
            f'<image x:href="{canary.url}"/></svg>'
        ).encode()
    else:
        status = 404
    head = [f"HTTP/1.1 {status} Answer", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]
    return "\r\n".join(head).encode() + body
