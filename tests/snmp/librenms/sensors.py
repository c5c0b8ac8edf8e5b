#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""usage: sensors.py OS_DISCOVERY.YAML DATA.SNMPREC MIB-DIRECTORIES

Prints the sensors that LibreNMS finds with the YAML in the data, as its tests keep them (tests/data/*.json): an object for each
sensor with all columns of its table, and the states of each kind of state. It follows what LibreNMS documents of discovery by
YAML; LibreNMS's own scripts/save-test-data.php has the last word."""
import json
import os
import re
import sys

import yaml

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from mib import Mib  # noqa: E402  (the directory above is not on the path before)

NUMBERS = {"2", "65", "66", "67", "70"}


def parse_snmprec(text):
    """{OID: value}; numbers as such."""
    values = {}
    for line in text.splitlines():
        oid, tag, value = line.split("|", 2)
        values[oid] = int(value) if tag in NUMBERS else bytes.fromhex(value) if tag == "4x" else value
    return values


def object_name(text):
    return text.split("::", 1)[-1]


def column(mib, values, name):
    """{index: value} of a column, or of a scalar."""
    start = mib.oid[name] + "."
    return {oid[len(start):]: value for oid, value in values.items() if oid.startswith(start)}


def skipped(mib, values, entry, index):
    operations = {"=": lambda a, b: a == b, "!=": lambda a, b: a != b}
    for rule in entry.get("skip_values", []):
        if operations[rule["op"]](column(mib, values, object_name(rule["oid"])).get(index), rule["value"]):
            return True
    return False


def fill(template, mib, values, index):
    """The template with {{ $index }} and {{ MIB::column }} replaced."""
    def replacement(match):
        name = match.group(1)
        return index if name == "$index" else str(column(mib, values, object_name(name))[index])
    return re.sub(r"\{\{ (.*?) \}\}", replacement, template)


def sensor(mib, values, kind, entry, index, value):
    state = entry.get("state_name")
    return {
        "sensor_deleted": 0,
        "sensor_class": kind,
        "poller_type": "snmp",
        "sensor_oid": fill(entry["num_oid"], mib, values, index),
        "sensor_index": fill(entry.get("index", "{{ $index }}"), mib, values, index),
        "sensor_type": state or "linux",
        "sensor_descr": fill(entry["descr"], mib, values, index),
        "group": fill(entry["group"], mib, values, index) if "group" in entry else None,
        "sensor_divisor": 1,
        "sensor_multiplier": 1,
        "sensor_current": value,
        "sensor_limit": entry.get("high_limit"),
        "sensor_limit_warn": entry.get("warn_limit"),
        "sensor_limit_low": entry.get("low_limit"),
        "sensor_limit_low_warn": entry.get("low_warn_limit"),
        "sensor_alert": 1,
        "sensor_custom": "No",
        "entPhysicalIndex": None,
        "entPhysicalIndex_measured": None,
        "sensor_prev": None,
        "user_func": None,
        "rrd_type": entry.get("rrd_type", "GAUGE"),
        "state_name": state,
    }


def discover(definition, values, mib):
    sensors, states = [], {}
    for kind, part in definition["modules"]["sensors"].items():
        for entry in part["data"]:
            name = object_name(entry.get("value", entry["oid"]))
            for index, value in column(mib, values, name).items():
                if not skipped(mib, values, entry, index):
                    sensors.append(sensor(mib, values, kind, entry, index, value))
                    if "states" in entry:
                        states[entry["state_name"]] = entry["states"]
    sensors.sort(key=lambda s: (s["sensor_class"], s["sensor_type"], s["sensor_index"]))
    indexes = [{"state_name": name, "state_descr": state["descr"], "state_value": state["value"],
                "state_generic_value": state["generic"]}
               for name in sorted(states) for state in sorted(states[name], key=lambda s: s["value"])]
    return {"sensors": {"discovery": {"sensors": sensors, "state_indexes": indexes}, "poller": "matches discovery"}}


def as_json(data):
    return json.dumps(data, indent=4, ensure_ascii=False) + "\n"


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__.splitlines()[0])
    with open(sys.argv[1], encoding="utf-8") as file:
        definition = yaml.safe_load(file)
    with open(sys.argv[2], encoding="ascii") as file:
        values = parse_snmprec(file.read())
    sys.stdout.write(as_json(discover(definition, values, Mib(sys.argv[3]))))


if __name__ == "__main__":
    main()
