"""A bad network between ssh and its sshd: a proxy that delays, throttles, falls silent and cuts."""

from __future__ import annotations

import queue
import socket
import threading
import time
from contextlib import suppress

_CHUNK_BYTES = 1 << 16


class Proxy:
    """Passes on what comes to `port`. Each of its vices can be changed while connections are open."""

    def __init__(self, to_port: int, *, delay_s: float = 0.0, bytes_a_second: float | None = None) -> None:
        self.delay_s, self.bytes_a_second = delay_s, bytes_a_second
        self.cut_after: int | None = None  # bytes sent to the device, once
        self.is_silent = False
        self.connections = 0
        self._to_port = to_port
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Break every connection; new ones are welcome."""
        while self._sockets:
            _end(self._sockets.pop())

    def close(self) -> None:
        _end(self._listener)
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self._to_port))
            except OSError:
                _end(near)
                continue
            self.connections += 1
            self._sockets += [near, far]
            for source, sink in ((near, far), (far, near)):
                waiting: queue.Queue[tuple[float, bytes]] = queue.Queue(maxsize=1000)
                threading.Thread(target=self._take, args=(source, waiting, source is near), daemon=True).start()
                threading.Thread(target=self._give, args=(sink, waiting), daemon=True).start()

    def _take(self, source: socket.socket, waiting: queue.Queue[tuple[float, bytes]], is_sent: bool) -> None:
        data = b"first"
        while data:
            try:
                data = source.recv(_CHUNK_BYTES)
            except OSError:
                data = b""
            if is_sent and self.cut_after is not None:
                self.cut_after -= len(data)
                if self.cut_after <= 0:
                    self.cut_after = None
                    self.cut()
                    return
            waiting.put((time.monotonic() + self.delay_s, data))
            if self.bytes_a_second:
                time.sleep(len(data) / self.bytes_a_second)

    def _give(self, sink: socket.socket, waiting: queue.Queue[tuple[float, bytes]]) -> None:
        while True:
            due, data = waiting.get()
            time.sleep(max(0.0, due - time.monotonic()))
            while self.is_silent:
                time.sleep(0.05)
            try:
                if not data:
                    sink.shutdown(socket.SHUT_WR)
                    return
                sink.sendall(data)
            except OSError:
                return


def _end(ended: socket.socket) -> None:
    with suppress(OSError):
        ended.shutdown(socket.SHUT_RDWR)
    ended.close()
