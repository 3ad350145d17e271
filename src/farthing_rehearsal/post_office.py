"""A mail server on loopback that keeps every letter and delivers none: for tests, and for trying mail out.

It speaks as much of SMTP (RFC 5321) as a client needs to hand over a letter, and fails where it is told to.
"""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from enum import StrEnum


class Fault(StrEnum):
    """What the next letter meets with."""

    BUSY = "busy"
    UNKNOWN_RECIPIENT = "unknown recipient"
    DROP_AFTER_ACCEPT = "drop after accept"
    DROP_BEFORE_DATA = "drop before data"


@dataclass(frozen=True, slots=True)
class Kept:
    """A letter that was taken."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage

    @property
    def text(self) -> str:
        """Its words."""
        return str(self.message.get_content())


@dataclass
class PostOffice:
    """What was taken, oldest first. `faults` are used up one a letter."""

    port: int = 0
    kept: list[Kept] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def letters_to(self, address: str) -> list[Kept]:
        """Those for one address, each once: a second copy has the Message-ID of the first."""
        found = {one.message["Message-ID"]: one for one in self.kept if address in one.recipients}
        return list(found.values())


@contextmanager
def post_office() -> Iterator[PostOffice]:
    """One that is open while the block lasts, on a free port of 127.0.0.1."""
    office = PostOffice()

    class Hand(_Conversation):
        at = office

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Hand) as server:
        server.daemon_threads = True
        office.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="post office", daemon=True)
        thread.start()
        try:
            yield office
        finally:
            server.shutdown()
            thread.join(5)


class _Conversation(socketserver.StreamRequestHandler):
    at: PostOffice
    timeout = 10

    def handle(self) -> None:
        sender, recipients = "", list[str]()
        fault = self.at.faults.pop(0) if self.at.faults else None
        self._say("220 farthing.example a post office that delivers nothing")
        while line := self.rfile.readline(2048).decode("utf-8", "replace").strip():
            verb, _, rest = line.partition(" ")
            match verb.upper():
                case "EHLO" | "HELO":
                    self._say("250 farthing.example")
                case "MAIL" if fault is Fault.DROP_BEFORE_DATA:
                    return
                case "MAIL":
                    sender = _path(rest)
                    self._say("451 come back later" if fault is Fault.BUSY else "250 ok")
                case "RCPT" if fault is Fault.UNKNOWN_RECIPIENT:
                    self._say("550 no such user here")
                case "RCPT":
                    recipients.append(_path(rest))
                    self._say("250 ok")
                case "DATA":
                    self._say("354 go ahead")
                    message = message_from_bytes(self._data(), policy=policy.default)
                    assert isinstance(message, EmailMessage), "the policy makes these"
                    self.at.kept.append(Kept(sender, tuple(recipients), message))
                    if fault is Fault.DROP_AFTER_ACCEPT:
                        return
                    self._say("250 kept")
                case "QUIT":
                    self._say("221 bye")
                    return
                case "RSET" | "NOOP":
                    self._say("250 ok")
                case _:
                    self._say("502 not spoken here")

    def _data(self) -> bytes:
        lines: list[bytes] = []
        while (line := self.rfile.readline()) and line != b".\r\n":
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)

    def _say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


def _path(rest: str) -> str:
    return rest[rest.index("<") + 1 : rest.index(">")] if "<" in rest and ">" in rest else rest
