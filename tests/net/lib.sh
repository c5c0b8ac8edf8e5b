# shellcheck shell=bash
# shellcheck disable=SC2034 # variables are for the tests that source this
# SPDX-License-Identifier: Apache-2.0
#
# What the network tests are written with. A test sources this file first. It then has a directory of its own ($work)
# and can make namespaces of its own; all of it, and every process that it started, is gone when it ends.
#
#   topology [--mtu N] HOST...      hosts A, B, C behind the transit gateway T (a bridge, IGMPv2 querier and snooping)
#   on HOST COMMAND...              runs in the host's namespace (T is one as well)
#   spawn HOST COMMAND...           the same in the background; its pid is in $spawned
#   reap PID                        waits for it; its exit status
#   write_conf BRIDGE KEY=VALUE...  BRIDGE is a host, or HOST.NAME for a further instance there; "KEY=" leaves KEY out
#   bridge_start BRIDGE [ARG...], bridge_stop BRIDGE, bridge_pid BRIDGE, start_bridges BRIDGE...
#   ctl BRIDGE ARG..., stat BRIDGE JQ-PATH, streams BRIDGE
#   capture_start NAME HOST INTERFACE [OPTION...], capture_end NAME   frames go to $work/NAME.pcap
#   record_start NAME HOST INTERFACE [GROUP], record_end NAME         datagrams go to $work/NAME.datagrams
#   igmp_start NAME HOST INTERFACE [OPTION...], igmp_end NAME   IGMP packets go to $work/NAME.igmp, a line of JSON each
#   igmp_count NAME JQ-CONDITION        how many of them fulfil it
#   events_of BRIDGE KIND               how often it told of that
#   replay HOST INTERFACE FILE..., carry FROM TO FILE..., carry_apart FROM TO N..., expect_frames NAME FILE...
#   wait_for SECONDS COMMAND..., fail TEXT, skip TEXT, pass
#
# GB_ENGINE=kernel has bridges carry with the kernel engine what it can, GB_ENGINE=mixed only those on host A; user, with none
# of them, is the default. So a test runs with either.
#   need_kernel_engine                  for a test of it alone: skips where programs cannot be loaded
#
# GB_BUILDDIR and GB_SRCDIR say where programs and data are. GB_SANITIZED=1: the programs are built with sanitizers.
set -Eeuo pipefail

GB_SRCDIR=${GB_SRCDIR:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
if [ -z "${GB_BUILDDIR:-}" ]; then
	GB_BUILDDIR=$GB_SRCDIR/build
	[ -d "$GB_BUILDDIR" ] || GB_BUILDDIR=$PWD
fi
test_name=$(basename "$0" .sh)
pcaps=$GB_SRCDIR/tests/data/pcap
group=224.0.1.100
port=61850
engine=${GB_ENGINE:-user}

# Everything is slower under sanitizers: rates by ten, and waiting must not be what fails.
sanitized=${GB_SANITIZED:-0}
[ "$sanitized" = 0 ] && slow=1 || slow=5

say() { echo "$test_name: $*"; }
skip() {
	say "SKIP: $*"
	verdict=skip
	exit 77
}
fail() {
	say "FAIL: $*" >&2
	exit 1
}
pass() {
	say "PASS"
	exit 0
}

verdict=
work=
bpffs=
hosts=()          # namespaces made so far
processes=()      # pids started and not yet waited for
declare -A pid_of # bridge -> pid
declare -A capturing

show_state() {
	local file bridge
	for file in "$work"/*.out "$work"/*.log "$work"/*.json "$work"/*.err; do
		[ -s "$file" ] || continue
		case $file in *.stats.json) continue ;; esac
		echo "--- ${file##*/}"
		tail -n 60 "$file"
	done
	for bridge in "${!pid_of[@]}"; do
		echo "--- stats of $bridge"
		timeout 5 "$(program goose-bridge-ctl)" -s "$work/$bridge.sock" -j stats 2>&1 |
			jq -c '{state, warnings, peers, paths}
				+ ({counters, drops} | map_values(with_entries(select(.value != 0))))'
	done
}

# Whether PID still is a child of ours: the number may be another process's by now.
mine() { grep -qs "^PPid:[[:space:]]$$\$" "/proc/$1/status"; }

clean_up() {
	local status=$? pid host
	trap - EXIT ERR
	trap '' INT TERM HUP PIPE
	set +e
	case $status in
	0 | 77 | 129 | 130 | 141 | 143) ;; # a skip, or somebody had enough
	*) [ -z "$work" ] || show_state >&2 ;;
	esac
	for pid in "${processes[@]}"; do
		mine "$pid" || continue
		kill -CONT "$pid" 2>/dev/null
		kill -TERM "$pid" 2>/dev/null
	done
	local deadline=$((SECONDS + 3 * slow))
	for pid in "${processes[@]}"; do
		while mine "$pid" && [ $SECONDS -lt $deadline ]; do sleep 0.05; done
		mine "$pid" && kill -KILL "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	for host in "${hosts[@]}"; do ip netns del "$(netns "$host")" 2>/dev/null; done
	[ -z "$bpffs" ] || umount "$bpffs"
	[ -z "$work" ] || rm -rf "$work"
	exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP
trap 'exit 141' PIPE
trap 'say "line $LINENO: failed: $BASH_COMMAND" >&2' ERR

[ "$(id -u)" = 0 ] || skip "needs root"
for need in ip bridge nsenter jq; do
	command -v $need >/dev/null || skip "needs $need"
done
[ -c /dev/net/tun ] || skip "needs /dev/net/tun"

work=$(mktemp -d "${TMPDIR:-/tmp}/gb.XXXXXX")
run=${work##*.}       # what makes the names of this run's namespaces unique
echo $$ >"$work/owner" # for `quickstart clean`

# --- Programs and processes ---------------------------------------------------

# The path of one of our programs in the build tree.
program() {
	local at
	for at in "" module/daemon/ module/tools/ tests/tools/; do
		if [ -x "$GB_BUILDDIR/$at$1" ] && [ ! -d "$GB_BUILDDIR/$at$1" ]; then
			echo "$GB_BUILDDIR/$at$1"
			return
		fi
	done
	fail "no $1 in $GB_BUILDDIR: run make first"
}
tool=$(program goose-test)

netns() { echo "gb$1-$run"; }

on() {
	local host=$1
	shift
	nsenter --net="/run/netns/$(netns "$host")" -- "$@"
}

spawned=
spawn() {
	local space
	space=$(netns "$1")
	shift
	# nsenter becomes the command: the pid is its own.
	nsenter --net="/run/netns/$space" -- "$@" &
	spawned=$!
	processes+=("$spawned")
}

reap() {
	local status=0 pid left=()
	wait "$1" || status=$?
	for pid in "${processes[@]}"; do [ "$pid" = "$1" ] || left+=("$pid"); done
	processes=("${left[@]}")
	return $status
}

# Runs COMMAND until it succeeds.
wait_for() {
	local deadline=$((SECONDS + $1 * slow + 1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $deadline ] || return 1
		sleep 0.05
	done
}

gone() { ! kill -0 "$1" 2>/dev/null; }

# --- The kernel engine ---------------------------------------------------------

# A bpffs of its own: `ip netns exec` and systemd have others.
need_kernel_engine() {
	[ -n "$bpffs" ] && return
	[ "$engine" != user ] || engine=kernel
	mkdir "$work/bpf"
	mount -t bpf none "$work/bpf" 2>/dev/null || skip "this kernel has no bpffs"
	bpffs=$work/bpf
}
[ "$engine" = user ] || need_kernel_engine

wants_kernel() { # BRIDGE
	[ "$engine" = kernel ] || { [ "$engine" = mixed ] && [ "${1%%.*}" = A ]; }
}
engine_of() { stat "$1" '.paths[0].engine'; }
carries_in_kernel() { [ "$(engine_of "$1")" = kernel ]; }

# --- Namespaces ----------------------------------------------------------------

add_host() {
	local conf
	ip netns add "$(netns "$1")"
	hosts+=("$1")
	# /proc/sys/net is that of the process that opens it. Without IPv6 in the kernel there is nothing to keep quiet.
	for conf in all default; do
		on "$1" sh -c "echo 1 > /proc/sys/net/ipv6/conf/$conf/disable_ipv6" 2>/dev/null || true
	done
	on "$1" ip link set lo up
}

# The number of a host: the last octet of its address.
host_number() {
	case $1 in
	A) echo 1 ;; B) echo 2 ;; C) echo 3 ;; D) echo 4 ;; *) fail "no such host: $1" ;;
	esac
}
address_of() { echo "10.61.0.$(host_number "$1")"; }

topology() {
	local mtu=1500 host
	if [ "$1" = --mtu ]; then
		mtu=$2
		shift 2
	fi
	add_host T
	# Timers in 1/100 s. The kernel takes no query interval under 1 s. The querier is turned on after they are set: for the
	# query response interval of that moment (10 s by default) the bridge floods everything, reports too, and a host that
	# hears another's report keeps its own to itself (RFC 2236, 3).
	on T ip link add br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 1 mcast_igmp_version 2 \
		mcast_query_interval 200 mcast_query_response_interval 50 mcast_startup_query_interval 100 \
		mcast_membership_interval 650 || skip "no bridge with multicast snooping in this kernel"
	on T ip link set br0 type bridge mcast_querier 1
	on T ip link set br0 up
	for host in "$@"; do
		add_host "$host"
		ip link add eth0 netns "$(netns "$host")" mtu "$mtu" type veth peer name "port$host" netns "$(netns T)"
		on T ip link set "port$host" master br0 up
		on "$host" ip link set eth0 up
		on "$host" ip addr add "$(address_of "$host")/24" dev eth0
		on "$host" ip route add 224.0.0.0/4 dev eth0
	done
	sleep 0.6
}

# A second wire straight between two hosts: eth1 on both, 10.62.0.0/24.
second_wire() {
	local host
	ip link add eth1 netns "$(netns "$1")" type veth peer name eth1 netns "$(netns "$2")"
	for host in "$1" "$2"; do
		on "$host" ip link set eth1 up
		on "$host" ip addr add "10.62.0.$(host_number "$host")/24" dev eth1
	done
}

# Whether the gateway has the host's port as a member of the group.
joined() {
	on T bridge -j mdb show dev br0 | jq -e --arg port "port$1" --arg group "$2" \
		'[.. | objects | select(.port? == $port and .grp? == $group)] | length > 0' >/dev/null
}

# --- Bridges --------------------------------------------------------------------

write_conf() {
	local bridge=$1 pair key
	local -A value=(
		[interface]=goose0 [multicast_ip]=$group [multicast_port]=$port [wire_format]=native
		[log_file]=$work/$bridge.log [pid_file]=$work/$bridge.pid [stats_file]=$work/$bridge.stats.json
		[streams_file]=$work/$bridge.streams
		[control_socket]=$work/$bridge.sock [agentx_socket]=$work/$bridge.agentx
		[bpf_dir]=${bpffs:-$work}/${bridge//./-}
		[datapath]=$(wants_kernel "$bridge" && echo auto || echo user)
		[stats_export_interval]=1 [reconnect_delay]=1 [enable_snmp]=false [enable_tgw_monitoring]=false
		# Several tests share two processors: what waits a little is not stale here. test_faults.sh sets its own.
		[max_frame_age_ms]=5000
	)
	shift
	for pair in "$@"; do value[${pair%%=*}]=${pair#*=}; done
	{
		echo "[DEFAULT]"
		for key in "${!value[@]}"; do [ -z "${value[$key]}" ] || echo "$key = ${value[$key]}"; done
	} >"$work/$bridge.conf"
}

ctl() {
	local bridge=$1
	shift
	timeout $((10 * slow)) "$(program goose-bridge-ctl)" -s "$work/$bridge.sock" "$@"
}

# The streams of BRIDGE as JSON; that one is silent is bad news, and an answer as well.
streams() { ctl "$1" -j streams || [ $? = 1 ]; }

stat() { ctl "$1" -j stats | jq -r "$2"; }

# Bad news are an answer as well.
answers() {
	local answer
	answer=$(ctl "$1" -j status 2>/dev/null || true)
	jq -e .statistics <<<"$answer"
}

bridge_pid() { echo "${pid_of[$1]}"; }

up_or_gone() { answers "$1" || gone "${pid_of[$1]}"; }

bridge_start() {
	local bridge=$1
	shift
	spawn "${bridge%%.*}" "$(program goose-bridge)" -c "$work/$bridge.conf" "$@" >>"$work/$bridge.out" 2>&1
	pid_of[$bridge]=$spawned
	wait_for 10 up_or_gone "$bridge" || fail "bridge $bridge does not answer"
	answers "$bridge" >/dev/null || fail "bridge $bridge ended: $(tail -n 3 "$work/$bridge.out")"
}

# Ends it as an administrator would. Its exit status.
bridge_stop() {
	local pid=${pid_of[$1]}
	unset "pid_of[$1]"
	kill -TERM "$pid" || fail "bridge $1 had ended before it was told to"
	wait_for 10 gone "$pid" || fail "bridge $1 does not end"
	reap "$pid"
}

# Programs begin once the user engine has carried what was there before.
await_engine() {
	wants_kernel "$1" && grep -qx 'wire_format = native' "$work/$1.conf" || return 0
	! grep -qx 'datapath = user' "$work/$1.conf" || return 0
	wait_for 5 carries_in_kernel "$1" && return
	grep -q 'is built without it\|no permission to load BPF programs\|does not take the BPF programs' "$work/$1.log" &&
		skip "$(grep -o 'the user engine carries frames: .*' "$work/$1.log" | tail -n 1)"
	fail "the kernel engine of $1 does not begin: $(tail -n 3 "$work/$1.log")"
}

# Starts bridges and waits until the gateway forwards their groups to them.
start_bridges() {
	local bridge address
	for bridge in "$@"; do bridge_start "$bridge"; done
	for bridge in "$@"; do
		address=$(sed -n 's/^multicast_ip = //p' "$work/$bridge.conf")
		wait_for 5 joined "${bridge%%.*}" "$address" || fail "bridge $bridge has not joined $address"
		await_engine "$bridge"
	done
}

# --- Frames -----------------------------------------------------------------------

# capture_start NAME HOST INTERFACE [OPTION...]: by default it ends when no frame has come for 0.7 s.
capture_start() {
	local name=$1 host=$2 interface=$3
	shift 3
	[ $# -gt 0 ] || set -- --idle $((slow - 1)).7 --timeout $((8 * slow))
	rm -f "$work/$name.ready"
	spawn "$host" "$tool" capture "$interface" "$work/$name.pcap" --ready "$work/$name.ready" "$@" \
		>"$work/$name.json" 2>"$work/$name.err"
	capturing[$name]=$spawned
	wait_for 5 test -e "$work/$name.ready" || fail "the capture on $interface of $host does not start"
}

capture_end() {
	reap "${capturing[$1]}" || fail "capture $1: $(cat "$work/$1.json" "$work/$1.err")"
	unset "capturing[$1]"
}

# Ends a capture that has no end of its own.
capture_stop() {
	kill -TERM "${capturing[$1]}"
	capture_end "$1"
}

# On T, the interface is that of the host's wire: port and its name.
igmp_start() {
	local name=$1 host=$2 interface=$3
	shift 3
	rm -f "$work/$name.ready"
	spawn "$host" "$tool" igmp-capture "$interface" --ready "$work/$name.ready" "$@" >"$work/$name.igmp" 2>"$work/$name.err"
	capturing[$name]=$spawned
	wait_for 5 test -e "$work/$name.ready" || fail "the IGMP capture on $interface of $host does not start"
}

igmp_end() { capture_stop "$1"; }

igmp_count() { jq -s "[.[] | select(${2})] | length" "$work/$1.igmp"; }

# How often BRIDGE has told of an event of this kind.
events_of() { ctl "$1" -j events | jq --arg kind "$2" '[.events[] | select(.kind == $kind)] | length'; }

# Another process on HOST joins the group and records its datagrams for 3 s.
record_start() {
	rm -f "$work/$1.ready"
	spawn "$2" "$tool" udp-capture "$work/$1.datagrams" --group "${4:-$group}" --port $port --interface "$3" \
		--timeout $((3 * slow)) --ready "$work/$1.ready" >"$work/$1.json" 2>"$work/$1.err"
	capturing[$1]=$spawned
	wait_for 5 test -e "$work/$1.ready" || fail "the recorder of $2 does not start"
}

record_end() {
	capture_end "$1"
	[ "$(jq .datagrams "$work/$1.json")" -gt 0 ] || fail "$1: no datagram came to be recorded"
}

replay() {
	local host=$1 interface=$2
	shift 2
	on "$host" "$tool" replay "$interface" --rate $((2000 / slow)) "$@" >/dev/null || fail "replay on $interface of $host"
}

# Waits for the capture's end: what it got is what the FILEs have, octet for octet and in order.
expect_frames() {
	local name=$1
	shift
	capture_end "$name"
	"$tool" compare "$@" -- "$work/$name.pcap" --limit 2 >"$work/compare" || fail "$name: $(cat "$work/compare")"
}

expect_none() {
	capture_end "$1"
	[ "$(jq .frames "$work/$1.json")" = 0 ] || fail "$1: $(cat "$work/$1.json"), none was to come"
}

# Replays FILEs on goose0 of FROM and compares what leaves goose0 of TO.
carry() {
	local from=$1 to=$2
	shift 2
	capture_start "$from-to-$to" "$to" goose0
	replay "$from" goose0 "$@"
	expect_frames "$from-to-$to" "$@"
}

# What is sent on gooseN of FROM leaves gooseN of TO, octet for octet, and no other interface of either: for each N.
carry_apart() { # FROM TO N...
	local from=$1 to=$2 source sink
	shift 2
	for source in "$@"; do
		for sink in "$@"; do
			if [ "$source" = "$sink" ]; then
				capture_start "sink$sink" "$to" "goose$sink"
			else
				capture_start "sink$sink" "$to" "goose$sink" --timeout 2
			fi
			capture_start "back$sink" "$from" "goose$sink" --timeout 2
		done
		replay "$from" "goose$source" "$pcaps"/*.pcap
		expect_frames "sink$source" "$pcaps"/*.pcap
		for sink in "$@"; do
			[ "$source" = "$sink" ] || expect_none "sink$sink"
			expect_none "back$sink"
		done
	done
}

# A pcap file at $work/NAME.pcap of the frames on stdin, a line of hex each.
make_frames() {
	cat >"$work/$1.hex"
	"$tool" make-pcap "$work/$1.pcap" --frames "$work/$1.hex" >/dev/null
}

# Octets of memory that is the process's own (RssAnon), in KiB.
memory_of() { sed -n 's/^RssAnon:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$1/status"; }
