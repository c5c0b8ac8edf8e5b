#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# usage: generate.sh ROOT TEMPLATE: writes GOOSE-BRIDGE-MIB for the root ROOT, an OID in digits, to stdout.
#
# The template is not beside the module: net-snmp parses whatever file is in a directory on its MIB path, and would take the
# template for the module. That goes for the source tree, too, when somebody points MIBDIRS at mibs/.
set -eu
root=$1
playpen=1.3.6.1.4.1.8072.9999.9999

# Between what SNMPv2-SMI names and the root each arc gets a name: a number without one is bad style (smilint: implicit node).
chain() { # PARENT ARC...
	parent=$1
	shift
	while [ $# -gt 1 ]; do
		name=gbRootArc$#
		nodes="$nodes$name OBJECT IDENTIFIER ::= { $parent $1 }\\
"
		parent=$name
		shift
	done
	at="$parent $1"
}

nodes=
smi=
import='IMPORTS_END'
words() { echo "$1" | tr . ' '; }
case $root in
"$playpen" | "$playpen".*.*) bad=1 ;;
"$playpen".*)
	at="netSnmpPlaypen ${root##*.}"
	import='NET_SNMP'
	;;
1.3.6.1.4.1.*)
	smi=', enterprises'
	# shellcheck disable=SC2046 # words
	chain enterprises $(words "${root#1.3.6.1.4.1.}")
	;;
1.3.6.1.3.*)
	smi=', experimental'
	# shellcheck disable=SC2046
	chain experimental $(words "${root#1.3.6.1.3.}")
	;;
*) bad=1 ;;
esac
case $root in *[!0-9.]* | *..* | *.) bad=1 ;; esac
if [ "${bad:-0}" = 1 ]; then
	echo "generate.sh: $root: a root is an OID under 1.3.6.1.4.1 (enterprises) or 1.3.6.1.3 (experimental), or one arc" \
		"under $playpen" >&2
	exit 1
fi
if [ $import = NET_SNMP ]; then
	ending='         -- RFC 4001\
    netSnmpPlaypen\
        FROM NET-SNMP-MIB;              -- shipped with net-snmp'
else
	ending=';        -- RFC 4001'
fi
sed -e "s/@generated@/Made from the template for the root $root; changes belong there./" \
	-e "s/@smi_import@/$smi/" -e "s/@root_import@/$ending/" -e "s/@root_nodes@/$nodes/" -e "s/@root@/$at/" "$2"
