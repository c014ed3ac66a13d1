#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""same_tables.py PINS: do nftables and BPF hold the same bytes?

Reads "nft -n list table inet twinpath" and "bpftool map dump pinned PINS/TABLE" of the network
namespace it runs in, as people would, and compares keys and values byte by byte. Prints the entries
of each table; status 1 if any differs.
"""
import ipaddress
import json
import re
import struct
import subprocess
import sys

# How nft writes each part, and how many bytes it has.
ADDRESS4, ADDRESS6, SERVICE, MARK = "address4", "address6", "service", "mark"
TABLES = {
    "host4": ([ADDRESS4], [MARK] * 5),
    "host6": ([ADDRESS6], [MARK] * 5),
    "prefix4": ([ADDRESS4, SERVICE], [MARK]),
    "prefix6": ([ADDRESS6, SERVICE], [MARK]),
    "rules": ([MARK, MARK, MARK, SERVICE], [MARK]),
    "generation": ([MARK], [MARK] * 5),
}


def part(kind, text):
    if kind == ADDRESS4:
        return ipaddress.IPv4Address(text).packed
    if kind == ADDRESS6:
        return ipaddress.IPv6Address(text).packed
    if kind == SERVICE:  # two bytes in network order, and two of nothing up to the next register
        return struct.pack("!HH", int(text, 0), 0)
    return struct.pack("=I", int(text, 0))


def parts(kinds, text):
    words = text.split(" . ")
    if len(words) != len(kinds):
        sys.exit(f"nft lists {text!r}, which has not {len(kinds)} parts")
    return b"".join(part(kind, word.strip()) for kind, word in zip(kinds, words))


def of_nft():
    out = subprocess.run(["nft", "-n", "list", "table", "inet", "twinpath"], check=True, capture_output=True, text=True)
    if out.stderr:
        sys.exit(f"nft complains: {out.stderr}")
    held = {}
    for name, body in re.findall(r"^\tmap (\w+) \{\n(.*?)^\t\}", out.stdout, re.M | re.S):
        key_kinds, value_kinds = TABLES[name]
        held[name] = {}
        elements = re.search(r"elements = \{(.*)\}", body, re.S)
        for element in elements.group(1).split(",") if elements else []:
            key, value = element.strip().split(" : ")
            held[name][parts(key_kinds, key)] = parts(value_kinds, value)
    return held


def of_bpf(pins):
    held = {}
    for name in TABLES:
        out = subprocess.run(["bpftool", "--json", "map", "dump", "pinned", f"{pins}/{name}"], check=True, capture_output=True)
        held[name] = {bytes(int(byte, 0) for byte in entry["key"]): bytes(int(byte, 0) for byte in entry["value"])
                      for entry in json.loads(out.stdout)}
    return held


def main():
    nft, bpf = of_nft(), of_bpf(sys.argv[1])
    different = set(nft) ^ set(bpf)
    for name in TABLES:
        one, other = nft.get(name, {}), bpf.get(name, {})
        print(f"{name} {len(one)}")
        for key in sorted(one.keys() | other.keys()):
            if one.get(key) != other.get(key):
                different.add(name)
                print(f"  {key.hex()}: nft {one.get(key, b'').hex() or 'nothing'}, bpf {other.get(key, b'').hex() or 'nothing'}")
    sys.exit(1 if different else 0)


main()
