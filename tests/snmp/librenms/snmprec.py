#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns what `snmpwalk -On -Oe -Ox -Ih -m ""' prints (stdin) into snmpsim's .snmprec (stdout), in the order of OIDs."""
import re
import sys

TAGS = {"INTEGER": "2", "OID": "6", "Counter32": "65", "Gauge32": "66", "Timeticks": "67", "Counter64": "70", "STRING": "4"}


def text(octets):
    """A string as it is where an editor can show it, else in hexadecimal."""
    if all(0x20 <= octet < 0x7F for octet in octets):
        return "4", octets.decode("ascii")
    return "4x", octets.hex()


def record(oid, shown):
    if shown in ('""', ""):
        return oid, "4", ""
    kind, _, value = shown.partition(": ")
    if kind == "Hex-STRING":
        return (oid, *text(bytes.fromhex(value)))
    if kind == "Timeticks":
        value = re.match(r"\((\d+)\)", value).group(1)
    elif kind == "STRING":
        value = value.strip('"')
    elif kind == "OID":
        value = value.lstrip(".")
    return oid, TAGS[kind], value


def main():
    lines = []
    for line in sys.stdin.read().splitlines():
        if re.match(r"\.1\.\d", line):
            lines.append(line)
        elif line.strip():
            lines[-1] += " " + line.strip()  # a long string goes on in the next line
    records = []
    for line in lines:
        oid, _, shown = line.partition(" = ")
        records.append(record(oid.lstrip("."), shown.strip()))
    records.sort(key=lambda r: [int(arc) for arc in r[0].split(".")])
    for oid, tag, value in records:
        print(f"{oid}|{tag}|{value}")


main()
