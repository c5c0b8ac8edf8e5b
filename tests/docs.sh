#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What is written for readers holds together: README.zh-CN.md has the headings and code blocks of README.md; links lead
# somewhere; programs, commands, options, keys, counters, objects and manual pages that are named exist.
# tests/system/test_readme.sh runs the blocks that are marked to be run.
set -u
LC_ALL=C
export LC_ALL
cd "${srcdir:-.}" || exit 1
bad=0
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
pages="README.md README.zh-CN.md docs/*.md" # of these, what is named is looked up
linked="$pages CONTRIBUTING.md" # of these, links are followed

complain() {
	echo "$1" >&2
	bad=1
}

# The code blocks of a page, each with its mark: lines that begin with four spaces, after an empty one.
blocks() {
	awk '
		/^<!--/ { mark = $0; print; next }
		/^    / && (inside || last == "") { if (!inside) print "--- block"; inside = 1; print }
		!/^    / && $0 != "" { inside = 0 }
		{ last = $0 }' "$1"
}

# What GitHub calls the headings of a page in links: lower case, no punctuation, spaces as hyphens; the second of a name has -1.
anchors() {
	sed -n 's/^##* //p' "$1" | sed 's/，//g; s/、//g; s/：//g' | tr 'A-Z ' 'a-z-' |
		tr -d '\041-\054\056\057\072-\100\133-\136\140\173-\176' |
		awk '{ print seen[$0]++ ? $0 "-" (seen[$0] - 1) : $0 }'
}

# --- README.md and README.zh-CN.md ---------------------------------------------

for page in README.md README.zh-CN.md; do
	grep -o '^##* ' $page >"$work/levels.$page"
	blocks $page >"$work/blocks.$page"
	[ "$(grep -c -e '--- block' "$work/blocks.$page")" -ge 10 ] || complain "$page: hardly a code block was found"
done
diff "$work/levels.README.md" "$work/levels.README.zh-CN.md" >&2 ||
	complain "README.zh-CN.md: other levels of headings than README.md"
diff "$work/blocks.README.md" "$work/blocks.README.zh-CN.md" >&2 || complain "README.zh-CN.md: other code blocks than README.md"

# --- Marks ------------------------------------------------------------------------

for page in $pages; do
	said=$(awk '
		after == 2 && !/^    / { print "line " NR ": no code block behind " mark }
		after > 0 { after = (after + 1) % 3 }
		/^<!--/ {
			mark = $0
			after = 1
			if (!/^<!-- (run: (demo|A|B|A B)|run in the background: [AB]|(file|append): \/[^ ]*|check) -->$/)
				print "line " NR ": no mark is called " $0
		}' "$page")
	[ -z "$said" ] || complain "$page: $said"
done

# --- Links ------------------------------------------------------------------------

links=0
for page in $linked; do
	awk '/^```/ { fenced = !fenced } !fenced && !/^    /' "$page" |
		grep -o '](\([^) ]*\))' | sed 's/^](//; s/)$//' >"$work/targets"
	while read -r target; do
		case $target in [a-z]*:*) continue ;; esac
		links=$((links + 1))
		path=${target%%#*}
		file=$page
		[ -z "$path" ] || file=$(dirname "$page")/$path
		if [ ! -e "$file" ]; then
			complain "$page: the link $target leads nowhere"
			continue
		fi
		case $target in
		*#*) anchors "$file" | grep -Fqx -e "${target#*#}" || complain "$page: $file has no heading for $target" ;;
		esac
	done <"$work/targets"
done
[ $links -ge 30 ] || complain "hardly a link was found: $links"

# --- Names --------------------------------------------------------------------------

# What the manual pages, quickstart and the MIB have; then each page's code, in backquotes or blocks, against that.
for page in $pages; do
	awk '
	function say(text) { print FILENAME ": line " FNR ": " text; bad = 1 }
	function macro(word) { return word ~ /^[A-Z][a-z]$/ }
	# Fl h , -help: after Fl, options until another macro; Ar behind them is their value.
	function take_options(page,    i, j, k, n, names) {
		for (i = 1; i <= NF; i++) {
			if ($i != "Fl" && $i != ".Fl")
				continue
			n = 0
			for (j = i + 1; j <= NF && (!macro($j) || $j == "Fl"); j++) {
				if ($j == "Fl" || $j == "," || $j == "|")
					continue
				if ($j ~ /^-/)
					names[++n] = "-" $j
				else
					for (k = 1; k <= length($j); k++)
						names[++n] = "-" substr($j, k, 1)
			}
			for (k = 1; k <= n; k++) {
				option[page, names[k]] = 1
				if ($1 == ".It" && $0 ~ / Ar /)
					valued[page, names[k]] = 1
			}
		}
	}
	# Cm igmp watch Oo ..., Cm monitor , logs
	function take_commands(page, i,    name) {
		name = ""
		for (; i <= NF && !macro($i); i++) {
			if ($i == ",") {
				name = ""
				continue
			}
			name = name (name == "" ? "" : " ") $i
			command[page, name] = 1
			commands[page] = 1
		}
	}
	# One command line, from its program on.
	function check_command(words, n, i,    page, name, first, second) {
		page = words[i]
		if (page in package)
			return
		if (!(page in program)) {
			say("there is no program " page)
			return
		}
		first = second = ""
		for (i++; i <= n; i++) {
			if (words[i] ~ /^([|;&]|&&|\|\||>>?)$/)
				break
			if (words[i] ~ /^-/) {
				name = words[i]
				sub(/=.*/, "", name)
				if (passed_on[page " " first])
					continue
				if (!((page, name) in option))
					say(page " has no option " name)
				if ((page, name) in valued)
					i++
			} else if (first == "")
				first = words[i]
			else if (second == "")
				second = words[i]
		}
		if (!(page in commands) || first !~ /^[a-z]+$/)
			return
		if (!((page, first) in command))
			say(page " has no command " first)
		else if (second ~ /^[a-z]+$/ && !passed_on[page " " first] && !((page, first " " second) in command))
			say(page " has no command " first " " second)
	}
	function check_quickstart(words, n, i,    first) {
		first = words[i + 1]
		if (first != "" && first !~ /^-/ && first ~ /^[a-z]+$/ && !(first in quick))
			say("quickstart has no command " first)
		for (i++; i <= n; i++)
			if (words[i] ~ /^--[a-z]/ && !(words[i] in quick_option))
				say("quickstart has no option " words[i])
	}
	function check_code(text,    words, n, i, name, key) {
		sub(/  *# .*/, "", text)
		gsub(/\047/, "", text)
		n = split(text, words, " ")
		for (i = 1; i <= n; i++) {
			name = words[i]
			if (i > 1 && words[i - 1] !~ /^(sudo|&&|\||[AB][#$])$/)
				continue
			if (name ~ /^goose-bridge(-[a-z]+)*$/)
				check_command(words, n, i)
			else if (name ~ /^(\.\/)?quickstart$/)
				check_quickstart(words, n, i)
		}
		if (n >= 2 && words[2] == "=" && words[1] ~ /^[a-z][a-z0-9_]*$/ && !(words[1] in key_of))
			say("goose-bridge.conf(5) has no key " words[1])
		n = split(text, words, /[^A-Za-z0-9_]+/)
		for (i = 1; i <= n; i++)
			# nms.md has names that are those of Zabbix and LibreNMS
			if (words[i] ~ /^[a-z][a-z0-9]*(_[a-z0-9]+)+$/ && !(words[i] in known) && FILENAME != "docs/nms.md")
				say("no manual page knows " words[i])
	}
	BEGIN {
		split("check benchmark monitor logs", list, " ")
		for (i in list)
			passed_on["goose-bridge-ctl " list[i]] = 1
	}
	FNR == 1 { last = ""; inside = fenced = 0 }
	FILENAME ~ /^man\// {
		page = FILENAME
		sub(/^man\//, "", page)
		there[page] = 1
		if (page ~ /\.8$/ && page !~ /snmp/) {
			sub(/\.8$/, "", page)
			program[page] = 1
			take_options(page)
			if ($1 == ".It" && $2 == "Cm")
				take_commands(page, 3)
			if ($1 == ".Cm" && last == ".It Xo")
				take_commands(page, 2)
			last = $0
		}
		if (FILENAME ~ /conf\.5$/ && $1 == ".It" && $2 == "Sy")
			key_of[$3] = 1
		n = split($0, list, /[^A-Za-z0-9_]+/)
		for (i = 1; i <= n; i++)
			known[list[i]] = 1
		next
	}
	FILENAME ~ /^(quickstart|tests\/bench)/ {
		if (FILENAME == "quickstart" && /^  [a-z]+ / || /^  [a-z]+$/)
			quick[$1] = 1
		n = split($0, list, /[^a-z-]+/)
		for (i = 1; i <= n; i++)
			if (list[i] ~ /^--[a-z]/)
				quick_option[list[i]] = 1
		next
	}
	FILENAME == "debian/control" {
		if ($1 == "Package:" && $2 != "goose-bridge")
			package[$2] = 1
		next
	}
	FILENAME ~ /^mibs\// {
		n = split($0, list, /[^A-Za-z0-9]+/)
		for (i = 1; i <= n; i++)
			object[list[i]] = 1
		next
	}
	/^```/ {
		fenced = !fenced
		next
	}
	fenced || /^    / && (inside || last == "") {
		inside = 1
		check_code($0)
	}
	!fenced && !/^    / {
		if ($0 != "")
			inside = 0
		n = split($0, list, "`")
		for (i = 2; i <= n; i += 2)
			check_code(list[i])
	}
	{
		last = $0
		text = $0
		while (match(text, /goose-bridge[-a-z.]*\([1-9]\)/)) {
			name = substr(text, RSTART, RLENGTH)
			text = substr(text, RSTART + RLENGTH)
			gsub(/[()]/, " ", name)
			split(name, list, " ")
			if (!((list[1] "." list[2]) in there))
				say("there is no manual page " list[1] "(" list[2] ")")
		}
		n = split($0, list, /[^A-Za-z0-9]+/)
		for (i = 1; i <= n; i++)
			if (list[i] ~ /^gb[A-Z][A-Za-z]*$/ && !(list[i] in object))
				say("GOOSE-BRIDGE-MIB has no " list[i])
	}
	END { exit bad }' man/*.[1-8] quickstart tests/bench/bench.sh debian/control \
		mibs/template/GOOSE-BRIDGE-MIB.txt.in "$page" >&2 || bad=1
done
exit $bad
