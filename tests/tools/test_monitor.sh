#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# goose-bridge-monitor as a person meets it: blocks of lines in a pipe, the whole screen of a terminal (tmux), the end of a log
# that is rotated. A stand-in answers in the place of the service.
set -Eeuo pipefail
GB_SRCDIR=${GB_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
bin=${GB_BUILDDIR:-$GB_SRCDIR/build}
unset NO_COLOR

say() { echo "test_monitor: $*"; }
fail() {
	say "FAIL: $*" >&2
	exit 1
}

work=$(mktemp -d "${TMPDIR:-/tmp}/gbmon.XXXXXX")
processes=()

clean_up() {
	local status=$? pid
	trap - EXIT ERR
	set +e
	[ $status = 0 ] || [ $status = 77 ] || tail -n 40 "$work"/*.out "$work"/*.err >&2 2>/dev/null
	[ ! -S "$work/tmux" ] || tmux -S "$work/tmux" kill-server 2>/dev/null
	for pid in "${processes[@]}"; do
		kill -CONT "$pid" 2>/dev/null
		kill -TERM "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	rm -rf "$work"
	exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'say "line $LINENO: failed: $BASH_COMMAND" >&2' ERR

# Until COMMAND is true; a slow machine gets its time, and a quick one does not wait.
wait_for() {
	local i
	for ((i = 0; i < 200; i++)); do
		if "$@" >/dev/null 2>&1; then return 0; fi
		sleep 0.1
	done
	return 1
}

# --- The stand-in --------------------

# answer UPTIME FRAMES LOST: what it answers from now on
answer() {
	local now
	now=$(date -u +%Y-%m-%dT%H:%M:%S)
	# one line, whatever it looks like here
	{
		tr -d "\n" <<-END
		{"version":"1.0.0","state":"running","warnings":[],"log_file":"$work/log",
		"statistics":{"start_time":1.5,"uptime":$1,"goose_received":$2,"vlan_goose_received":0,
		"goose_to_ip":$2,"ip_to_goose":0},
		"counters":{"datagrams_from_ip":0},
		"drops":{"stale":$3},
		"membership":{"state":"member","querier_state":"never_seen"},
		"paths":[{"interface":"goose0","goose0_up":true,"network_interface":"ens5","network_up":true,"member":true}],
		"peers":[],
		"streams":[{"gocb_ref":"IED1CTRL/LLN0\$GO\$gcbFine","appid":1,
		"direction":"to_network","state":"active","frames":$2,"lost":0,"last_seen":"${now}Z"},
		{"gocb_ref":"IED2CTRL/LLN0\$GO\$gcbGone","appid":2,
		"direction":"to_goose0","state":"expired","frames":5,"lost":$3,"last_seen":"${now}Z"}]}
		END
		echo
	} >"$work/answer.new"
	mv "$work/answer.new" "$work/answer"
}

start_service() {
	"$bin/tests/tools/fake-service" "$work/sock" "$work/answer" 2>>"$work/service.err" &
	service=$!
	processes+=("$service")
	wait_for test -S "$work/sock"
}

stop_service() {
	kill -TERM "$service"
	wait "$service" || fail "the stand-in ended with $?"
}

answer 100 1000 0
start_service
monitor=("$bin/goose-bridge-monitor" -s "$work/sock")

# --- Without a terminal --------------------

"${monitor[@]}" --interval 0.5 --count 3 >"$work/blocks.out" &
pid=$!
wait_for grep -q Streams "$work/blocks.out" || fail "no block of lines"
answer 101 2000 7
wait "$pid" || fail "monitor --count 3: exit status $?"
[ "$(grep -c '^20.*goose-bridge 1.0.0 is running' "$work/blocks.out")" = 3 ] || fail "no three blocks"
grep -q '^Streams   2: 1 EXPIRED, 1 ok$' "$work/blocks.out" || fail "streams are not counted by alarm"
# shellcheck disable=SC2016 # names of GOOSE control blocks have $ in them
grep -q '^ EXPIRED  in  IED2CTRL/LLN0$GO$gcbGone' "$work/blocks.out" || fail "the stream in alarm is not there"

[ "$("${monitor[@]}" status | head -n 1)" = "goose-bridge 1.0.0 is running" ] || fail "status"
[ "$("$bin/goose-bridge-ctl" -s "$work/sock" monitor --plain -n 1 -l 0 | grep -c IED)" = 0 ] ||
	fail "goose-bridge-ctl monitor does not hand its arguments on"
status=0
"$bin/goose-bridge-monitor" -s "$work/none" --count 1 >"$work/none.out" || status=$?
[ $status = 1 ] || fail "no service: exit status $status"
grep -q 'NO ANSWER: No service listens' "$work/none.out" || fail "no service is not said"
for wrong in "-i 0" "--count 0" "--lines x" "nothing" "status more" "-x"; do
	status=0
	# shellcheck disable=SC2086 # words
	"${monitor[@]}" $wrong >/dev/null 2>"$work/usage.err" || status=$?
	[ $status = 2 ] || fail "$wrong: exit status $status, not 2"
	[ -s "$work/usage.err" ] || fail "$wrong: nothing is said"
done

"${monitor[@]}" -j --interval 0.1 --count 2 >"$work/looks.out" || fail "monitor -j: exit status $?"
[ "$(jq -c '[.state, (.streams | length), (.paths | length)]' "$work/looks.out" | uniq -c | xargs)" = '2 [running,2,1]' ] ||
	fail "monitor -j is not a line for each look: $(cat "$work/looks.out")"
[ "$(wc -l <"$work/looks.out")" = 2 ] || fail "monitor -j: $(wc -l <"$work/looks.out") lines"
"$bin/goose-bridge-ctl" -s "$work/sock" -j monitor -n 1 | jq -e '.statistics.goose_received == 2000' >/dev/null ||
	fail "goose-bridge-ctl -j monitor"
"${monitor[@]}" -j status | jq -e '.state == "running"' >/dev/null || fail "status -j"
for command in "monitor --count 1" status logs; do
	status=0
	# shellcheck disable=SC2086 # words
	"$bin/goose-bridge-monitor" -s "$work/none" -c "$work/no-such" -j $command >"$work/none.out" 2>/dev/null || status=$?
	[ $status = 1 ] || fail "no service, -j $command: exit status $status"
	jq -es 'length == 1 and (.[0].error | length > 0)' "$work/none.out" >/dev/null ||
		fail "no service, -j $command: $(cat "$work/none.out")"
done
say "blocks of lines: done"

# --- The log --------------------

seq -f 'line %.0f' 3000 >"$work/log"
printf 'evil \033[2J\302\233 end\n' >>"$work/log"
"${monitor[@]}" logs --lines 3 >"$work/tail.out"
printf 'line 2999\nline 3000\nevil ?[2J? end\n' | cmp - "$work/tail.out" || fail "the last three lines"
[ "$("${monitor[@]}" logs -l 2000 | wc -l)" = 2000 ] || fail "many lines"
[ "$("${monitor[@]}" logs -l 9999 | wc -l)" = 3001 ] || fail "more lines than there are"
"$bin/goose-bridge-ctl" -s "$work/sock" logs -f -l 1 >"$work/follow.out" &
pid=$!
processes+=("$pid")
wait_for grep -q 'evil' "$work/follow.out" || fail "-f does not begin with the last line"
echo "written on" >>"$work/log"
wait_for grep -qx 'written on' "$work/follow.out" || fail "-f does not go on"
mv "$work/log" "$work/log.1"
echo "just before" >>"$work/log.1"
wait_for grep -qx 'just before' "$work/follow.out" || fail "-f leaves the rotated file before its end"
echo "in the new file" >"$work/log"
wait_for grep -qx 'in the new file' "$work/follow.out" || fail "-f loses a log that is rotated"
: >"$work/log"
sleep 0.6
echo "anew" >>"$work/log"
wait_for grep -qx 'anew' "$work/follow.out" || fail "-f loses a log that is emptied"
[ "$(wc -l <"$work/follow.out")" = 5 ] || fail "-f shows lines twice"
kill -TERM "$pid"
cp "$work/log.1" "$work/log"
{
	echo '2026-01-31T12:00:00.000000+00:00 WARNING goose0: "it" \ is'
	printf 'half \303 of it \033[2J\n\nno end'
} >>"$work/log"
"$bin/goose-bridge-ctl" -s "$work/sock" -j logs -n 4 >"$work/json.out" || fail "-j logs: exit status $?"
[ "$(wc -l <"$work/json.out")" = 4 ] || fail "-j logs -n 4: $(cat "$work/json.out")"
jq -es '.[0] == {time: "2026-01-31T12:00:00.000000+00:00", level: "WARNING", text: "goose0: \"it\" \\ is"}
	and .[1] == {time: null, level: null, text: "half ? of it \u001b[2J"} and .[2].text == "" and .[3].text == "no end"' \
	"$work/json.out" >/dev/null || fail "-j logs: $(cat "$work/json.out")"
if grep -q "$(printf '\033')" "$work/json.out"; then fail "-j logs steers the terminal"; fi
printf '%05000d\n' 7 >>"$work/log"
"${monitor[@]}" -j logs -l 1 | jq -e '.text | length == 4095' >/dev/null || fail "-j logs: a long line"
"${monitor[@]}" -j logs -f -l 1 >"$work/json.out" &
pid=$!
processes+=("$pid")
wait_for test -s "$work/json.out" || fail "-j logs -f does not begin"
printf 'first half' >>"$work/log"
sleep 0.5
echo ', second' >>"$work/log"
last_is() { [ "$(tail -n 1 "$work/json.out" | jq -r .text)" = "$1" ]; }
wait_for last_is "first half, second" || fail "-j logs -f tears lines apart: $(cat "$work/json.out")"
kill -TERM "$pid"
printf 'log_file = %s/other\n' "$work" >"$work/conf"
echo "by configuration" >"$work/other"
[ "$("${monitor[@]}" -c "$work/conf" logs)" = "by configuration" ] || fail "logs -c"
status=0
"${monitor[@]}" -c "$work/no-such" logs 2>"$work/usage.err" || status=$?
[ "$status$(grep -c 'no-such: cannot be read' "$work/usage.err")" = 11 ] || fail "logs -c of no file: exit status $status"
say "logs: done"

# --- The whole screen --------------------

if ! grep -q '^#define HAVE_NCURSES 1' "$bin/config.h"; then
	say "built without ncurses: there is no screen to test"
	exit 0
fi
if ! command -v tmux >/dev/null; then
	say "SKIP: needs tmux for the full-screen view; all else passed"
	exit 77
fi

screen() { tmux -S "$work/tmux" "$@"; }
shows() { screen capture-pane -p -t m | grep -q -e "$1"; }
need() { wait_for shows "$1" || { screen capture-pane -p -t m >&2; fail "the screen does not show: $1"; }; }

cat >"$work/inside" <<-END
	trap : INT # Ctrl-C is for what it runs
	before=\$(stty -g)
	"$bin/goose-bridge-monitor" -s "$work/sock" -i 0.5
	echo "exit status \$?"
	[ "\$before" = "\$(stty -g)" ] && echo "the terminal is as before"
	sleep 600
END
screen -f /dev/null new-session -d -x 80 -y 24 -s m "sh $work/inside"
need 'RUNNING'
need '^>EXPIRED  in  IED2CTRL/LLN0.GO.gcbGone'
need '^ active   out IED1CTRL/LLN0.GO.gcbFine'
answer 102 3000 9
need 'stale 9 GROWING (+2'
need '^>EXPIRED'
screen send-keys -t m /
screen send-keys -t m -l fine
need '1 with "fine" of 2'
need '^>active   out IED1CTRL'
screen send-keys -t m Escape
need '^>EXPIRED'
screen send-keys -t m Down
need '^>active'
screen send-keys -t m '?'
need 'timeAllowedtoLive'
screen send-keys -t m x
for size in "40 10" "20 5" "7 2" "1 1" "200 50" "40 10"; do
	screen resize-window -t m -x "${size% *}" -y "${size#* }"
	sleep 0.3
done
need '^>active   IED1CT..LN0'
screen resize-window -t m -x 80 -y 24
need 'q end'
stop_service
need 'NO ANSWER'
need 'No service listens'
need '^ EXPIRED' # what was known is kept
start_service
need 'RUNNING'
kill -STOP "$service"
need 'does not answer'
screen send-keys -t m n # a service that hangs does not hold up keys
need 'by name'
kill -CONT "$service"
need 'RUNNING'
screen send-keys -t m q
need '^exit status 0'
need '^the terminal is as before'
say "the whole screen: done"

# Ctrl-C and a terminal that nobody knows
screen respawn-pane -k -t m "sh $work/inside"
need 'RUNNING'
screen send-keys -t m C-c
need '^exit status 0'
screen respawn-pane -k -t m "TERM=no-such-terminal sh $work/inside"
said() { screen capture-pane -J -p -S - -t m | grep -q 'is not known, so here is plain text'; }
wait_for said || fail "it does not say why there is plain text"
need '^Streams   2: 1 EXPIRED, 1 ok'
say "PASS"
