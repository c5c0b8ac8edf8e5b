#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""usage: readme.py README.MD TEMPLATE.YAML: prints README.MD with the tables of macros, items and triggers of TEMPLATE.YAML.

The tables are what stands below the heading "Macros used" up to the heading "Feedback"; the rest is left as it is."""
import re
import sys

import yaml

START, END = "## Macros used\n", "## Feedback\n"


def cell(text):
    return re.sub(r"\s*\r?\n\s*", "<br>", text.strip()).replace("|", "\\|")


def code(text):
    return "`" + text.replace("|", "\\|") + "`"


def table(title, columns, rows):
    lines = [title + "\n\n", "|" + "|".join(columns) + "|\n", "|" + "|".join("---" for _ in columns) + "|\n"]
    return "".join(lines + ["|" + "|".join(row) + "|\n" for row in rows]) + "\n"


def steps(item):
    """What is done with a value before it is kept, in words."""
    names = {"CHANGE_PER_SECOND": "change per second", "SIMPLE_CHANGE": "simple change", "JAVASCRIPT": "JavaScript",
             "MULTIPLIER": "custom multiplier", "DISCARD_UNCHANGED_HEARTBEAT": "discard unchanged with heartbeat",
             "CHECK_NOT_SUPPORTED": "check for not supported value"}
    texts = []
    for step in item.get("preprocessing", []):
        parameters = " ".join(step["parameters"]) if step["type"] in ("MULTIPLIER", "DISCARD_UNCHANGED_HEARTBEAT") else ""
        text = names[step["type"]] + (f" {code(parameters)}" if parameters else "")
        if step.get("error_handler") == "CUSTOM_VALUE":
            text += f", on fail set {code(step['error_handler_params'])}"
        texts.append(text)
    return "<br>Preprocessing: " + "; ".join(texts) if texts else ""


def items(title, entries):
    kinds = {"SNMP_AGENT": "SNMP agent", "INTERNAL": "Zabbix internal"}
    return table(title, ["Name", "Description", "Type", "Key and additional info"],
                 [[cell(item["name"]), cell(item.get("description", "").replace("MIB: GOOSE-BRIDGE-MIB\n", "")),
                   kinds[item["type"]], code(item["key"]) + steps(item)] for item in entries])


def triggers(title, entries):
    rows = []
    for trigger in entries:
        more = []
        if trigger.get("manual_close") == "YES":
            more.append("Manual close: Yes")
        if "recovery_expression" in trigger:
            more.append("Recovery: " + code(trigger["recovery_expression"].replace("/GOOSE bridge by SNMP/", "/…/")))
        if "dependencies" in trigger:
            more.append("Depends on: " + ", ".join(cell(other["name"]) for other in trigger["dependencies"]))
        rows.append([cell(trigger["name"]), cell(trigger["description"]),
                     code(trigger["expression"].replace("/GOOSE bridge by SNMP/", "/…/")), trigger["priority"].capitalize(),
                     "<br>".join(more)])
    return table(title, ["Name", "Description", "Expression", "Severity", "Dependencies and additional info"], rows)


def tables(export):
    template = export["templates"][0]
    text = START + "\n" + table("", ["Name", "Description", "Default"],
                                [[code(macro["macro"]), cell(macro["description"]), code(macro["value"])]
                                 for macro in template["macros"]]).lstrip("\n")
    text += items("## Items", template["items"])
    text += triggers("## Triggers", [t for item in template["items"] for t in item.get("triggers", [])] + export["triggers"])
    for rule in template["discovery_rules"]:
        text += table(f"## LLD rule {rule['name']}", ["Name", "Description", "Type", "Key and additional info"],
                      [[cell(rule["name"]), cell(rule["description"]), "SNMP agent", code(rule["key"]) + steps(rule)]])
        text += items(f"### Item prototypes for {rule['name']}", rule["item_prototypes"])
        found = [t for item in rule["item_prototypes"] for t in item.get("trigger_prototypes", [])]
        found += rule.get("trigger_prototypes", [])
        if found:
            text += triggers(f"### Trigger prototypes for {rule['name']}", found)
    return text


def fill(readme, export):
    """README with the tables of EXPORT."""
    before, rest = readme.split(START, 1)
    return before + tables(export) + END + rest.split(END, 1)[1]


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__.splitlines()[0])
    with open(sys.argv[1], encoding="utf-8") as file:
        readme = file.read()
    with open(sys.argv[2], encoding="utf-8") as file:
        export = yaml.safe_load(file)["zabbix_export"]
    sys.stdout.write(fill(readme, export))


if __name__ == "__main__":
    main()
