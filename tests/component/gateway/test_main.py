"""The listening socket: what a connection inherits of it."""

import socket

from services.gateway.__main__ import SILENT_PEER_MS, listener


def test_answers_leave_at_once_and_silent_peers_are_noticed() -> None:
    with listener("127.0.0.1", 0) as sock, socket.create_connection(sock.getsockname()[:2]):
        accepted, _ = sock.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == SILENT_PEER_MS
