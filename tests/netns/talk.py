#!/usr/bin/python3 -IS
# SPDX-License-Identifier: GPL-2.0-only
"""Two ends that both talk all the time, whatever they hear.

usage: talk.py serve tcp|udp PORT FILE
       talk.py call tcp|udp ADDRESS PORT FILE

Each sends a numbered line every 50 ms and keeps in FILE, rewritten as often, "SENT HEARD LAST": what it sent
and heard, and when the kernel received the last of it, in seconds of CLOCK_REALTIME. A TCP connection is
made once: nobody calls again. The server answers the first who calls."""
import os
import select
import socket
import struct
import sys
import time

SO_TIMESTAMP = 29
PERIOD = 0.05


class Talk:
    def __init__(self, sock, stream, path):
        self.socket, self.stream, self.path = sock, stream, path
        self.sent = self.heard = 0
        self.last = 0.0

    def write(self):
        with open(self.path + ".new", "w", encoding="ascii") as file:
            file.write(f"{self.sent} {self.heard} {self.last:.6f}\n")
        os.rename(self.path + ".new", self.path)

    def hear(self):
        while True:
            try:
                data, ancillary, _, _ = self.socket.recvmsg(65536, 64)
            except (BlockingIOError, ConnectionRefusedError):
                return
            if not data:
                sys.exit("talk.py: the other end closed")
            self.heard += data.count(b"\n")
            for level, kind, stamp in ancillary:
                if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMP):
                    seconds, microseconds = struct.unpack("ll", stamp)
                    self.last = seconds + microseconds / 1e6

    def say(self):
        try:
            self.socket.send(b"%09d\n" % self.sent)
            self.sent += 1
        except (BlockingIOError, ConnectionRefusedError):
            pass

    def run(self):
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMP, 1)
        due = time.time()
        while True:
            now = time.time()
            if now >= due:
                self.say()
                self.write()
                due = now + PERIOD
            if select.select([self.socket], [], [], max(0, due - time.time()))[0]:
                self.hear()


def open_socket(verb, stream, arguments):
    kind = socket.SOCK_STREAM if stream else socket.SOCK_DGRAM
    if verb == "call":
        address, port = arguments
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        sock = socket.socket(family, kind)
        sock.connect((address, int(port)))
        return sock
    sock = socket.socket(socket.AF_INET6, kind)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    sock.bind(("::", int(arguments[0])))
    if stream:
        sock.listen()
        return sock.accept()[0]
    _, peer = sock.recvfrom(65536)
    sock.connect(peer)
    return sock


def main(arguments):
    if len(arguments) < 4:
        sys.exit(__doc__)
    verb, kind, *rest, path = arguments
    Talk(open_socket(verb, kind == "tcp", rest), kind == "tcp", path).run()


if __name__ == "__main__":
    main(sys.argv[1:])
