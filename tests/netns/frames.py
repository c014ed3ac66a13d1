#!/usr/bin/python3 -IS
# SPDX-License-Identifier: GPL-2.0-only
"""Sends frames from one end of a wire and says whether they arrive at another.

usage: frames.py STEP...
       frames.py --serve       steps on standard input, a line each; an empty line runs them. What went
                               wrong is told on standard output, and a line "." ends it. So Python,
                               which takes half a second in emulation, starts once.

All ends are interfaces of one network namespace without addresses, each the peer of a bridge port
(wire.sh). The file that $WIRE names has a line for each: NAME MAC IPV4 IPV6 BRIDGE GATEWAY-MAC. A step:

    FROM TO pass|deny FRAME        TO may be TO~REGEX, for what arrives there as summary() shows it

Behind each step a frame goes out that is known to pass (ARP, from fence-a to fence-b). All is sent from
one CPU, whose queues keep the order, so what is not there before the fence is not coming: nothing waits
for a time in which something must not arrive.

FRAME is made of words:
    4 | 6 | type=88b5              the family, or another ethertype
    src=ADDRESS|END  dst=...       else FROM's and TO's
    mac=gw|MAC  smac=MAC           else the end's, or the gateway's if TO is not on the same bridge
    vlan=[TPID:]ID                 a tag; the first is the outermost
    ttl=N  opts=rr|ra|nop  ext=hop|dst|ra|frag,...
    udp=[SPORT:]DPORT  sctp=...    a source port that is not given is chosen
    tcp=[SPORT:]DPORT  flags=S  seq=1000  ack=0
    icmp=TYPE[/CODE]  id=N         ICMP or ICMPv6, by the family
    ns  na  rs  mld-query  mld-report  proto=N
    size=N                         bytes behind the header
    hex=BYTES                      in front of the tag there
    frag=N                         in IP fragments of N bytes, a multiple of 8
    bad-sum                        a wrong checksum of TCP, UDP or ICMP
    of FRAME                       after icmp=: the packet that the error is about

Exit status: 0 all as expected, 1 not, 2 usage."""
import os
import re
import select
import socket
import struct
import sys
import time

ETH_P_ALL, ETH_P_ARP = 3, 0x0806
PACKET_OUTGOING = 4
TCP_FLAGS = {"F": 1, "S": 2, "R": 4, "P": 8, "A": 16, "U": 32}
HOP, TCP, UDP, FRAGMENT, SCTP, DESTINATION = 0, 6, 17, 44, 132, 60
ICMP = {4: 1, 6: 58}
PATIENCE = 25 * int(os.environ.get("TIME_SCALE", "1"))  # seconds for what must arrive


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def some(bits):
    """A random number. Module random takes a third of a second to load in an emulated guest, ipaddress too."""
    return int.from_bytes(os.urandom(8), "big") >> (64 - bits)


def address_bytes(text):
    return socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)


def address_text(data):
    return socket.inet_ntop(socket.AF_INET6 if len(data) == 16 else socket.AF_INET, data)


def mac_bytes(text):
    return bytes.fromhex(text.replace(":", ""))


class End:
    def __init__(self, line):
        self.name, self.mac, ip4, ip6, self.bridge, self.gateway = line.split()
        self.ip = {4: ip4, 6: ip6}


class Frame:
    def __init__(self, words, ends, sender, receiver, tag):
        self.ends, self.sender, self.receiver, self.tag = ends, sender, receiver, tag
        self.said, self.vlans, self.inner, self.family = {}, [], None, None
        for at, word in enumerate(words):
            key, _, value = word.partition("=")
            if key == "of":
                self.inner = Frame(words[at + 1:], ends, sender, receiver, tag)
                break
            if key in ("4", "6"):
                self.family = int(key)
            elif key == "vlan":
                self.vlans.append(value)
            else:
                self.said[key] = value
        self.flow = None

    def number(self, key, default):
        return int(self.said.get(key, default))

    def address(self, key, end):
        text = self.said.get(key, end.name)
        text = self.ends[text].ip[self.family] if text in self.ends else text
        return address_bytes(text)

    def ports(self, text):
        sport, _, dport = text.rpartition(":")
        self.flow = int(sport) if sport else 20000 + some(15), int(dport)
        return struct.pack("!HH", *self.flow)

    def payload(self):
        """The tag at both ends, so that the first and the last fragment have it."""
        space = self.number("size", 0) - 2 * len(self.tag)
        front = bytes.fromhex(self.said.get("hex", ""))
        return front + self.tag if space < 0 else self.tag + bytes(space) + self.tag

    def summed(self, protocol, data, at, pseudo=True):
        front = b""
        if pseudo and self.family == 6:
            front = self.source + self.target + struct.pack("!LL", len(data), protocol)
        elif pseudo:
            front = self.source + self.target + struct.pack("!HH", protocol, len(data))
        value = (checksum(front + data) or 0xFFFF) ^ (0x5555 if "bad-sum" in self.said else 0)
        return protocol, data[:at] + struct.pack("!H", value) + data[at + 2:]

    def icmp6(self, text):
        """Neighbour discovery carries the tag as a nonce (RFC 3971), reports behind their end."""
        option = b"\x0e\x01" + self.tag
        header = {
            "ns": b"\x87\0\0\0" + bytes(4) + self.target + option,
            "na": b"\x88\0\0\0" + b"\x60\0\0\0" + self.source + option,
            "rs": b"\x85\0\0\0" + bytes(4) + option,
            "mld-query": b"\x82\0\0\0" + bytes(24) + self.tag,
            "mld-report": b"\x8f\0\0\0" + bytes(4) + self.tag,
        }[text]
        return self.summed(ICMP[6], header, 2)

    def transport(self):
        said = self.said
        for text in ("ns", "na", "rs", "mld-query", "mld-report"):
            if text in said:
                return self.icmp6(text)
        if "udp" in said:
            payload = self.payload()
            header = self.ports(said["udp"]) + struct.pack("!HH", 8 + len(payload), 0)
            return self.summed(UDP, header + payload, 6)
        if "tcp" in said:
            flags = sum(TCP_FLAGS[flag] for flag in said.get("flags", "S"))
            header = self.ports(said["tcp"]) + struct.pack("!LLBBHHH", self.number("seq", 1000), self.number("ack", 0),
                                                           5 << 4, flags, 65000, 0, 0)
            return self.summed(TCP, header + self.payload(), 16)
        if "sctp" in said:
            ports = self.ports(said["sctp"])
            init = struct.pack("!BBHLLHHL", 1, 0, 32, 7, 65536, 1, 1, 1) + b"\x80\x08\0\x0c" + (self.tag + b"\0\0")
            data = ports + struct.pack("!LL", 0, 0) + init
            return SCTP, data[:8] + struct.pack("<L", crc32c(data)) + data[12:]
        if "icmp" in said:
            kind, _, code = said["icmp"].partition("/")
            rest = struct.pack("!HH", self.number("id", some(16)), 1)
            if self.inner:
                mtu = 1280 if (self.family, kind) in ((4, "3"), (6, "2")) else 0
                rest = struct.pack("!L", mtu) + self.inner.packet()
            header = struct.pack("!BBH", int(kind), int(code or 0), 0)
            return self.summed(ICMP[self.family], header + rest + (b"" if self.inner else self.payload()), 2,
                               self.family == 6)
        return self.number("proto", 253), self.payload()

    def extensions(self, protocol):
        """Chains the extension headers in front of the transport. Returns the first protocol, and the headers."""
        padding = {"hop": (HOP, b"\x01\x04\0\0\0\0"), "dst": (DESTINATION, b"\x01\x04\0\0\0\0"),
                   "ra": (HOP, b"\x05\x02\0\0\x01\0")}
        headers = b""
        names = self.said.get("ext", "").split(",") if "ext" in self.said else []
        if "mld-query" in self.said or "mld-report" in self.said:
            names = ["ra"] + names
        for name in reversed(names):
            if name == "frag":
                headers = struct.pack("!BBHL", protocol, 0, 0, some(32)) + headers
                protocol = FRAGMENT
            else:
                number, body = padding[name]
                headers = struct.pack("!BB", protocol, 0) + body + headers
                protocol = number
        return protocol, headers

    def header4(self, protocol, identity, offset, more, data):
        options = {"rr": b"\x07\x0b\x04" + bytes(9), "ra": b"\x94\x04\0\0", "nop": b"\x01" * 4}.get(self.said.get("opts"), b"")
        header = struct.pack("!BBHHHBBH", 0x45 + len(options) // 4, 0, 20 + len(options) + len(data), identity,
                             offset // 8 | (0x2000 if more else 0), self.number("ttl", 64), protocol, 0)
        header += self.source + self.target + options
        return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + data

    def header6(self, protocol, identity, offset, more, data):
        hop = 1 if self.said.keys() & {"mld-query", "mld-report"} else 255 if self.said.keys() & {"ns", "na", "rs"} else 64
        protocol, headers = self.extensions(protocol)
        if offset or more:
            headers += struct.pack("!BBHL", protocol, 0, offset | more, identity)
            protocol = FRAGMENT
        data = headers + data
        return struct.pack("!LHBB", 6 << 28, len(data), protocol, self.number("ttl", hop)) + self.source + self.target + data

    def packets(self):
        self.source, self.target = self.address("src", self.sender), self.address("dst", self.receiver)
        protocol, data = self.transport()
        header = self.header4 if self.family == 4 else self.header6
        size, identity = self.number("frag", len(data)), some(16)
        return [header(protocol, identity, at, at + size < len(data), data[at:at + size]) for at in range(0, len(data), size)]

    def packet(self):
        return self.packets()[0]

    def mac(self):
        text = self.said.get("mac")
        if text and text != "gw":
            return mac_bytes(text)
        direct = self.sender is not self.receiver and self.sender.bridge == self.receiver.bridge
        return mac_bytes(self.receiver.mac if direct and not text else self.sender.gateway)

    def frames(self):
        front = self.mac() + mac_bytes(self.said.get("smac", self.sender.mac))
        for vlan in self.vlans:
            tpid, _, number = vlan.rpartition(":")
            front += struct.pack("!HH", int(tpid or "8100", 16), int(number))
        if "type" in self.said:
            return [front + struct.pack("!H", int(self.said["type"], 16)) + self.tag + bytes(40)]
        ethertype = struct.pack("!H", 0x0800 if self.family == 4 else 0x86DD)
        return [front + ethertype + packet for packet in self.packets()]

    def is_mine(self, data):
        """A reset has no payload: known by its ports."""
        if self.tag in data:
            return True
        return self.flow and re.search(r"tcp %d>%d .*R" % self.flow[::-1], summary(data)) is not None


def summary(data):
    """One line for a packet, addresses and what is behind them."""
    ethertype, at = struct.unpack("!H", data[12:14])[0], 14
    while ethertype in (0x8100, 0x88A8) and len(data) > at + 4:
        ethertype, at = struct.unpack("!H", data[at + 2:at + 4])[0], at + 4
    if ethertype == 0x0800:
        protocol, family = data[at + 9], 4
        ends = data[at + 12:at + 16], data[at + 16:at + 20]
        later = struct.unpack("!H", data[at + 6:at + 8])[0] & 0x1FFF
        at += (data[at] & 15) * 4
    elif ethertype == 0x86DD:
        protocol, family = data[at + 6], 6
        ends = data[at + 8:at + 24], data[at + 24:at + 40]
        at, later = at + 40, 0
        while protocol in (HOP, DESTINATION, FRAGMENT) and len(data) > at + 8 and not later:
            if protocol == FRAGMENT:
                later = struct.unpack("!H", data[at + 2:at + 4])[0] & 0xFFF8
            protocol, at = data[at], at + (8 if protocol == FRAGMENT else (data[at + 1] + 1) * 8)
    else:
        return f"type {ethertype:04x}"
    text = ">".join(address_text(end) for end in ends)
    rest = data[at:]
    if later:
        return f"{text} fragment"
    if protocol in (TCP, UDP, SCTP) and len(rest) >= 8:
        text += f" { {TCP: 'tcp', UDP: 'udp', SCTP: 'sctp'}[protocol]} %d>%d" % struct.unpack("!HH", rest[:4])
        if protocol == TCP and len(rest) > 13:
            text += " " + "".join(flag for flag, bit in TCP_FLAGS.items() if rest[13] & bit)
        return text
    if protocol in ICMP.values() and len(rest) >= 2:
        return f"{text} icmp {rest[0]}/{rest[1]}"
    return f"{text} proto {protocol}"


class Wire:
    def __init__(self):
        self.ends = {}
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.socket.setsockopt(socket.SOL_SOCKET, 33, 1 << 22)  # SO_RCVBUFFORCE
        self.socket.setblocking(False)
        self.tags = some(24)

    def tag(self):
        self.tags += 1
        return struct.pack("!HL", 0xA7F3, self.tags)

    def send(self, end, data):
        self.socket.sendto(data, (end.name, 0))

    def receive(self, deadline):
        """The next frame that came in: end and bytes; None at the deadline."""
        while True:
            if not select.select([self.socket], [], [], max(0, deadline - time.monotonic()))[0]:
                return None
            data, address = self.socket.recvfrom(65536)
            if address[2] != PACKET_OUTGOING and address[0] in self.ends:
                return address[0], data

    def fence(self, mark):
        a, b = self.ends["fence-a"], self.ends["fence-b"]
        arp = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 2) + mac_bytes(a.mac) + bytes(4) + mac_bytes(b.mac) + bytes(4)
        self.send(a, mac_bytes(b.mac) + mac_bytes(a.mac) + struct.pack("!H", ETH_P_ARP) + arp + mark + bytes(20))

    def step(self, text):
        words = text.split()
        if len(words) < 4 or words[2] not in ("pass", "deny"):
            raise ValueError(f"no step: {text}")
        to, _, pattern = words[1].partition("~")
        sender, receiver, expected = self.ends[words[0]], self.ends[to], words[2]
        frame, mark = Frame(words[3:], self.ends, sender, receiver, self.tag()), self.tag()
        for data in frame.frames():
            self.send(sender, data)
        self.fence(mark)

        seen, arrived, fenced = [], 0, False
        deadline = time.monotonic() + PATIENCE
        want = 2 if frame.number("frag", 0) and frame.number("size", 0) else 1
        while not fenced or (expected == "pass" and arrived < want):
            got = self.receive(deadline)
            if not got:
                break
            name, data = got
            if mark in data:
                fenced = True
            elif frame.is_mine(data):
                seen.append(f"{name}: {summary(data)}")
                if name == to and re.search(pattern, summary(data)):
                    arrived += data.count(frame.tag) if want > 1 else 1
        if not fenced:
            return f"{text}: the fence did not arrive"
        if (arrived >= want) == (expected == "pass") and (expected == "pass" or not arrived):
            return None
        return f"{text}: arrived: {', '.join(seen) or 'nothing'}"


    def run(self, steps):
        """What went wrong. Ends may have come and gone, and frames have arrived, since the last steps."""
        with open(os.environ["WIRE"], encoding="ascii") as file:
            self.ends = {end.name: end for end in map(End, file)}
        while self.receive(0):
            pass
        return [problem for problem in map(self.step, steps) if problem]


def serve(wire):
    steps = []
    for line in sys.stdin:
        if line != "\n":
            steps.append(line)
            continue
        try:
            wrong = wire.run(steps)
        except Exception as error:  # told to whoever asked, who would wait for ever
            wrong = [f"frames.py: {error!r}"]
        print("\n".join(wrong + ["."]), flush=True)
        steps = []
    return 0


def main(steps):
    if not steps or steps[0] in ("-h", "--help"):
        print(__doc__)
        return 0 if steps else 2
    if steps == ["--serve"]:
        return serve(Wire())
    wrong = Wire().run(steps)
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
