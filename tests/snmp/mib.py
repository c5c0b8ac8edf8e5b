# SPDX-License-Identifier: Apache-2.0
"""GOOSE-BRIDGE-MIB as net-snmp reads it, for the checks of what is made for managers."""
import re
import subprocess


class Mib:
    """What can be read: oid has the OID in digits of each name, kind its base type, convention its textual convention if it has
    one, labels its enumeration as {number: label} if it has one. columns and scalars are sets of names."""

    def __init__(self, directories):
        def translate(*arguments):
            command = ["snmptranslate", "-M", directories, "-m", "GOOSE-BRIDGE-MIB", *arguments]
            return subprocess.run(command, check=True, capture_output=True, text=True).stdout

        nodes = dict(re.findall(r'^"(\w+)"\s+"([\d.]+)"$', translate("-Tz"), re.M))
        self.root = nodes["gooseBridgeMIB"]
        nodes = {name: oid for name, oid in nodes.items() if oid.startswith(self.root + ".")}
        entries = {oid for name, oid in nodes.items() if name.endswith("Entry")}
        self.tables = {name: oid for name, oid in nodes.items() if name.endswith("Table")}
        self.oid, self.kind, self.convention, self.labels = {}, {}, {}, {}
        details = translate("-Td", *("GOOSE-BRIDGE-MIB::" + name for name in nodes))
        for block in re.split(r"(?m)^GOOSE-BRIDGE-MIB::", details)[1:]:
            syntax = re.search(r"^  SYNTAX\s+(\S+(?: STRING)?)\s*(.*)$", block, re.M)
            if not syntax or not re.search(r"^  MAX-ACCESS\s+read-only$", block, re.M):
                continue  # a node, a table, an index
            name = block.split(None, 1)[0]
            self.oid[name] = nodes[name]
            self.kind[name] = syntax.group(1)
            convention = re.search(r"-- TEXTUAL CONVENTION (\w+)", block)
            self.convention[name] = convention.group(1) if convention else None
            labels = re.findall(r"([\w-]+)\((\d+)\)", syntax.group(2)) if syntax.group(1) == "INTEGER" else []
            if labels:
                self.labels[name] = {int(number): label for label, number in labels}
        self.columns = {name for name, oid in self.oid.items() if oid.rsplit(".", 1)[0] in entries}
        self.scalars = set(self.oid) - self.columns
        self.name = {oid: name for name, oid in self.oid.items()}

    def table_of(self, column):
        """The name of the table that COLUMN is in."""
        return {oid: name for name, oid in self.tables.items()}[self.oid[column].rsplit(".", 2)[0]]
