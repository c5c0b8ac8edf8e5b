#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""usage: check_nms.py SOURCE-DIRECTORY MIB-DIRECTORIES ROOT [LIBRENMS-SCHEMA]

Holds what conf/zabbix and conf/librenms have to GOOSE-BRIDGE-MIB, to its documentation, and to each other. ROOT is that of
the MIB in MIB-DIRECTORIES; the files are read as they are installed for it. Prints what is wrong, a line each."""
import json
import os
import re
import sys

import yaml

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [here, os.path.join(here, "zabbix"), os.path.join(here, "librenms")]
import readme  # noqa: E402
import sensors  # noqa: E402
from mib import Mib  # noqa: E402

# The one in C, where it is there, takes a tenth of the time.
Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

SHIPPED_ROOT = "1.3.6.1.4.1.8072.9999.9999.61850"
# What an operator needs no item for: Zabbix finds out by itself that counters began anew.
NO_ITEM = {"gbDiscontinuityTime"}

faults = []


def expect(condition, text):
    if not condition:
        faults.append(text)


class Zabbix:
    """What the checks need of the template."""

    def __init__(self, export):
        self.export = export
        self.template = self.export["templates"][0]
        self.rules = self.template["discovery_rules"]
        self.items = [item for item in self.template["items"] if item.get("type") == "SNMP_AGENT"]
        self.prototypes = [item for rule in self.rules for item in rule["item_prototypes"]]
        self.maps = {m["name"]: {int(x["value"]): x["newvalue"] for x in m["mappings"]} for m in self.template["valuemaps"]}


def leaves(tree, key):
    """Every value under KEY, at any depth."""
    if isinstance(tree, dict):
        for name, value in tree.items():
            if name == key:
                yield value
            yield from leaves(value, key)
    elif isinstance(tree, list):
        for value in tree:
            yield from leaves(value, key)


def check_item(item, zabbix, mib):
    oid, _, index = item["snmp_oid"].rpartition(".")
    name = mib.name.get(oid)
    if name is None:
        faults.append(f"Zabbix: {item['key']}: {item['snmp_oid']} is no object of the MIB")
        return
    place = "{#SNMPINDEX}" if name in mib.columns else "0"
    expect(index == place, f"Zabbix: {item['key']}: {name} is read at .{index}")
    expect(item["key"].endswith(f"[{name}.{place}]"), f"Zabbix: {item['key']} reads {name}")
    steps = [step["type"] for step in item.get("preprocessing", [])]
    if mib.kind[name] == "Counter64":
        expect("CHANGE_PER_SECOND" in steps or "SIMPLE_CHANGE" in steps, f"Zabbix: {item['key']}: a counter without its change")
    else:
        expect("CHANGE_PER_SECOND" not in steps, f"Zabbix: {item['key']}: {name} is no counter")
    text = mib.kind[name] == "OCTET STRING"
    expect((item.get("value_type") == "CHAR") == text, f"Zabbix: {item['key']}: {name} is {mib.kind[name]}")
    if name in mib.labels:
        own = "SNMPv2-TC::TruthValue" if mib.convention[name] == "TruthValue" else "GOOSE-BRIDGE-MIB::" + name
        used = item.get("valuemap", {}).get("name")
        expect(used == own, f"Zabbix: {item['key']}: value map {used}, not {own}")
        expect(zabbix.maps.get(own) == mib.labels[name],
               f"Zabbix: value map {own}: {zabbix.maps.get(own)}, the MIB has {mib.labels[name]}")
    else:
        expect("valuemap" not in item, f"Zabbix: {item['key']}: {name} is no enumeration")


def check_rule(rule, mib):
    match = re.fullmatch(r"discovery\[(.*)\]", rule["snmp_oid"])
    words = match.group(1).split(",") if match else []
    expect(len(words) >= 2 and len(words) % 2 == 0, f"Zabbix: {rule['key']}: {rule['snmp_oid']} is no discovery[]")
    for oid in words[1::2]:
        expect(mib.name.get(oid) in mib.columns, f"Zabbix: {rule['key']}: {oid} is no column of the MIB")
    made = set(words[0::2]) | {"{#SNMPINDEX}"}
    for step in rule.get("preprocessing", []):
        made |= set(re.findall(r"row\['(\{#\w+\})'\] =", step["parameters"][0]))
    used = set(re.findall(r"\{#\w+\}", json.dumps(rule)))
    expect(used <= made, f"Zabbix: {rule['key']}: {sorted(used - made)} come from nowhere")


def check_triggers(zabbix):
    everything = json.dumps(zabbix.export, ensure_ascii=False)
    keys = set(leaves(zabbix.template["items"], "key")) | {item["key"] for item in zabbix.prototypes}
    triggers = [t for name in ("triggers", "trigger_prototypes") for found in leaves(zabbix.export, name) for t in found]
    known = {(t["name"], t["expression"], t.get("recovery_expression")) for t in triggers}
    for trigger in triggers:
        both = trigger["expression"] + trigger.get("recovery_expression", "")
        for key in re.findall(r"/GOOSE bridge by SNMP/([\w.]+\[[^\]]*\])", both):
            expect(key in keys, f"Zabbix: trigger {trigger['name']}: no item {key}")
        for other in trigger.get("dependencies", []):
            expect((other["name"], other["expression"], other.get("recovery_expression")) in known,
                   f"Zabbix: trigger {trigger['name']} depends on {other['name']}, which there is not")
        expect(trigger.get("description"), f"Zabbix: trigger {trigger['name']} says not what to do")
        expect("scope" in [tag["tag"] for tag in trigger["tags"]], f"Zabbix: trigger {trigger['name']} has no scope")
    macros = {macro["macro"] for macro in zabbix.template["macros"]}
    used = {found + "}" for found in re.findall(r"\{\$[A-Z_.]+", everything)}
    expect(used == macros, f"Zabbix: macros used and not defined, or defined and not used: {sorted(used ^ macros)}")
    uuids = list(leaves(zabbix.export, "uuid"))
    expect(len(uuids) == len(set(uuids)), "Zabbix: a uuid is there twice")
    for uuid in uuids:
        expect(re.fullmatch(r"[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}", uuid), f"Zabbix: {uuid} is no UUID of version 4")


def check_zabbix(text, mib):
    zabbix = Zabbix(yaml.load(text, Loader)["zabbix_export"])
    expect(zabbix.export["version"] == "6.0", "Zabbix: not in the format of 6.0")
    expect("walk[" not in text, "Zabbix: walk[] needs 6.4")
    for item in zabbix.items + zabbix.prototypes:
        check_item(item, zabbix, mib)
    for rule in zabbix.rules:
        check_rule(rule, mib)
    read = {mib.name.get(item["snmp_oid"].rpartition(".")[0]) for item in zabbix.items}
    expect(mib.scalars - NO_ITEM == read, f"Zabbix: scalars without an item: {sorted(mib.scalars - NO_ITEM - read)}")
    used = {item["valuemap"]["name"] for item in zabbix.template["items"] + zabbix.prototypes if "valuemap" in item}
    expect(set(zabbix.maps) == used, f"Zabbix: value maps that nothing uses: {sorted(set(zabbix.maps) - used)}")
    check_triggers(zabbix)


def check_state(entry, name, mib):
    stated = {state["value"]: state["descr"] for state in entry["states"]}
    expect(stated == mib.labels.get(name), f"LibreNMS: states of {name}: {stated}, the MIB has {mib.labels.get(name)}")
    expect({state["generic"] for state in entry["states"]} <= {0, 1, 2, 3}, f"LibreNMS: {name}: generic states are 0 to 3")


def check_librenms(definition, mib):
    for kind, part in definition["modules"]["sensors"].items():
        for entry in part["data"]:
            names = [word.split("::", 1)[1] for word in re.findall(r"GOOSE-BRIDGE-MIB::\w+", json.dumps(entry))]
            name = entry.get("value", entry["oid"]).split("::", 1)[1]
            for other in names:
                expect(other in mib.oid or other in mib.tables, f"LibreNMS: {other} is not in the MIB")
            if name not in mib.oid:
                continue
            expect(entry["num_oid"] == "." + mib.oid[name] + ".{{ $index }}",
                   f"LibreNMS: num_oid of {name} is {entry['num_oid']}")
            if name in mib.columns:
                expect(entry["oid"] == "GOOSE-BRIDGE-MIB::" + mib.table_of(name),
                       f"LibreNMS: {name} is read from {entry['oid']}")
            expect(entry["index"] == name + ".{{ $index }}", f"LibreNMS: index of {name} is {entry['index']}")
            if kind == "state":
                check_state(entry, name, mib)
                expect(entry["state_name"] == name, f"LibreNMS: state_name of {name} is {entry['state_name']}")
            else:
                counts = mib.kind[name] == "Counter64"
                expect((entry.get("rrd_type") == "COUNTER") == counts,
                       f"LibreNMS: rrd_type of {name}, which is {mib.kind[name]}")


def check_schema(definition, directory):
    import jsonschema  # only where there are schemas to hold it to

    with open(os.path.join(directory, "discovery_schema.json"), encoding="utf-8") as file:
        schema = json.load(file)
    # What the schema does not list is not checked by it: all kinds of number have the same form.
    kinds = schema["properties"]["modules"]["properties"]["sensors"]["properties"]
    for kind in definition["modules"]["sensors"]:
        kinds.setdefault(kind, {"$ref": "#/$defs/sensor"})
    for error in jsonschema.Draft202012Validator(schema).iter_errors(definition):
        faults.append(f"LibreNMS: schema: {'/'.join(map(str, error.absolute_path))}: {error.message}")


def main():
    if len(sys.argv) not in (4, 5):
        sys.exit(__doc__.splitlines()[0])
    source, mibs, root = sys.argv[1:4]
    mib = Mib(mibs)
    expect(mib.root == root, f"the MIB's root is {mib.root}")

    def shipped(path):
        with open(os.path.join(source, "conf", path), encoding="utf-8") as file:
            return file.read()

    def installed(path):
        return shipped(path).replace(SHIPPED_ROOT, root)

    template = "zabbix/template_goose_bridge_snmp.yaml"
    check_zabbix(installed(template), mib)
    text = shipped("zabbix/README.md")
    expect(readme.fill(text, yaml.load(shipped(template), Loader)["zabbix_export"]) == text,
           "zabbix/README.md is not what tests/snmp/zabbix/readme.py makes of the template")

    definition = yaml.load(installed("librenms/resources/definitions/os_discovery/linux.yaml"), Loader)
    check_librenms(definition, mib)
    if len(sys.argv) == 5:
        check_schema(definition, sys.argv[4])
    if not faults:
        data = sensors.parse_snmprec(installed("librenms/tests/snmpsim/linux_goose-bridge.snmprec"))
        made = sensors.as_json(sensors.discover(definition, data, mib))
        expect(made == installed("librenms/tests/data/linux_goose-bridge.json"),
               "librenms/tests/data/linux_goose-bridge.json is not what tests/snmp/librenms/sensors.py makes of the data")
    for fault in faults:
        print(fault)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
