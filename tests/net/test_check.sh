#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# goose-bridge-security-check on this host: every condition is made real, is reported with a command, the command is run as it
# was printed, and the check passes. --fix asks first, or changes nothing.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

# What is judged here is what a firewall does to datagrams, and of those of the kernel engine it sees nothing.
engine=user
for need in nft sysctl; do
	command -v $need >/dev/null || skip "needs $need"
done
unset AWS_ENDPOINT_URL AWS_ENDPOINT_URL_EC2
export AWS_EC2_METADATA_DISABLED=true
export PATH=$GB_BUILDDIR:$PATH # for the commands that it prints

# A service that a printed command started is none of this shell's children.
end_started() {
	local status=$? pid
	pid=$(cat "$work/A.pid" 2>/dev/null || true)
	if [ -n "$pid" ] && grep -qs -e "$work/A.conf" "/proc/$pid/cmdline"; then kill -TERM "$pid" 2>/dev/null || true; fi
	set +e
	(exit "$status") # clean_up looks at it
	clean_up
}
trap end_started EXIT

# check [ARG...]: its JSON goes to $work/check.json; its exit status.
check() {
	local status=0
	on A "$(program goose-bridge-security-check)" -j -c "$work/A.conf" "$@" \
		>"$work/check.json" 2>"$work/check.err" </dev/null || status=$?
	jq -e '.checks | length > 10' "$work/check.json" >/dev/null ||
		fail "no JSON: $(cat "$work/check.json" "$work/check.err")"
	return $status
}
failed() { jq -c '.checks[] | select(.result == "fail")' "$work/check.json"; }
of() { jq -r --arg id "$1" ".checks[] | select(.id == \$id).$2" "$work/check.json"; }
expect() { # ID RESULT
	[ "$(of "$1" result)" = "$2" ] || fail "$1 is not $2: $(of "$1" text)"
}
# broken TEXT ID...: these fail, and nothing else does. The printed commands mend them.
broken() {
	local text=$1 id status=0
	shift
	say "$text"
	check || status=$?
	[ $status = 1 ] || fail "$text: exit status $status"
	for id in "$@"; do expect "$id" fail; done
	[ "$(jq .failed "$work/check.json")" = $# ] || fail "$text: $(failed)"
	for id in "$@"; do
		check || true
		[ "$(of "$id" result)" = fail ] || continue # one command may mend two
		[ "$(of "$id" fix)" != null ] || fail "$text: no command: $(of "$id" text)"
		on A bash -ec "$(of "$id" fix)" >"$work/fix.out" 2>&1 || fail "$text: $(of "$id" fix): $(cat "$work/fix.out")"
	done
	wait_for 5 check || fail "$text: not mended: $(failed)"
	for id in "$@"; do expect "$id" pass; done
}
set_sysctl() { on A sh -c "echo $2 > /proc/sys/net/ipv4/conf/$1"; }
sysctl_is() { [ "$(on A cat "/proc/sys/net/ipv4/conf/$1")" = "$2" ]; }

topology A B
write_conf A multicast_interface=eth0 path_mtu=1500 allow_sources=10.61.0.2 hello_interval=1 datapath=user
write_conf B hello_interval=1
start_bridges A B
heard() { [ "$(ctl A -j peers | jq '.peers | length')" = 1 ]; }
wait_for 5 heard || fail "A does not hear B: $(ctl A -j peers)"

say "all is well"
check || fail "something fails: $(failed)"
[ "$(jq -c '[.failed, .unknown, .aws]' "$work/check.json")" = '[0,0,false]' ] || fail "$(cat "$work/check.json")"
[ "$(jq '.passed == (.checks | length)' "$work/check.json")" = true ] || fail "$(cat "$work/check.json")"
jq -r .note "$work/check.json" | grep -qE 'not in AWS|without-aws' || fail "nothing is said of AWS"
on A "$(program goose-bridge-security-check)" -c "$work/A.conf" >"$work/check.out" || fail "as text: $(cat "$work/check.out")"
tail -n 1 "$work/check.out" | grep -q '^17 passed, 0 failed, 0 unknown$' || fail "the count: $(tail -n 1 "$work/check.out")"

for version in 0 3 1; do
	set_sysctl eth0/force_igmp_version $version
	broken "IGMP version $version" igmp_version
done
set_sysctl all/force_igmp_version 1
broken "IGMP version 1 for all" igmp_version
sysctl_is all/force_igmp_version 0 || fail "it is still forced for all"

second_wire A B
on A ip route add 10.61.0.2/32 dev eth1
set_sysctl eth0/rp_filter 1
capture_start none A goose0
replay B goose0 "$pcaps/goose_ndscom.pcap"
expect_none none # it is true: strict filtering drops them
broken "strict reverse path filter, and another way back" rp_filter
carry B A "$pcaps/goose_ndscom.pcap"
on A ip route del 10.61.0.2/32 dev eth1
set_sysctl eth0/rp_filter 1
check || fail "a strict filter with one way back: $(of rp_filter text)"
set_sysctl eth0/rp_filter 0

on A ip link set eth0 mtu 1280
broken "an MTU below path_mtu" mtu

on A sh -c 'echo 0 > /proc/sys/net/ipv4/igmp_max_memberships'
broken "no memberships allowed" igmp_max_memberships

rules() { on A nft -f -; }
rules <<<'table inet f { chain in { type filter hook input priority 0; ip protocol igmp drop; }; }'
broken "nftables: IGMP dropped on input" firewall_igmp_in
on A nft flush ruleset
rules <<<"table ip f { chain in { type filter hook input priority 0; udp dport { 22, $port } counter drop; }; }"
capture_start none A goose0
replay B goose0 "$pcaps/goose_ndscom.pcap"
expect_none none
broken "nftables: the port dropped on input" firewall_udp_in
carry B A "$pcaps/goose_ndscom.pcap"
on A nft flush ruleset
rules <<<"table netdev f { chain in { type filter hook ingress device eth0 priority 0; ip protocol igmp drop;
	udp dport $port drop; }; }"
broken "nftables: both dropped on ingress" firewall_igmp_in firewall_udp_in
on A nft flush ruleset
rules <<<'table inet f { chain out { type filter hook output priority 0; ip daddr 224.0.0.0/4 jump no; };
	chain no { meta l4proto { igmp, udp } reject; }; }'
broken "nftables: both dropped on output" firewall_igmp_out firewall_udp_out
on A nft flush ruleset
rules <<<'table inet f { chain in { type filter hook input priority 0; policy drop; ct state vmap { established : accept,
	related : accept, invalid : drop }; iif lo accept; }; }'
broken "nftables: a closed host" firewall_igmp_in firewall_udp_in
wait_for 10 joined A "$group" || fail "queries do not get in" # without them the gateway may have forgotten A meanwhile
carry B A "$pcaps/goose_ndscom.pcap"
on A nft flush ruleset
rules <<<'table inet f { chain in { type filter hook input priority 0; policy drop; limit rate 10/second accept; }; }'
check || fail "what cannot be told is no failure: $(cat "$work/check.json")"
expect firewall_igmp_in unknown
expect firewall_igmp_out pass
on A nft flush ruleset

for iptables in iptables-nft iptables-legacy; do
	# with a match that nft cannot show
	if ! command -v $iptables >/dev/null ||
		! on A $iptables -A INPUT -p igmp -m u32 --u32 '0=0:0xFFFFFFFF' -j LOG 2>/dev/null; then
		say "$iptables is not here, or not in this kernel: not tried"
		continue
	fi
	on A $iptables -A INPUT -p igmp -j DROP
	on A $iptables -A OUTPUT -d 224.0.0.0/4 -p udp -m comment --comment "no -j ACCEPT here" -j REJECT
	broken "$iptables" firewall_igmp_in firewall_udp_out
	on A $iptables -F
done

say "--fix without a terminal"
set_sysctl eth0/force_igmp_version 3
! check --fix || fail "exit status 0"
grep -q '^Nothing was changed: there is no terminal' "$work/check.err" || fail "it says: $(cat "$work/check.err")"
sysctl_is eth0/force_igmp_version 3 || fail "it changed something"
if command -v script >/dev/null; then
	say "--fix asks on a terminal"
	answer() {
		local program
		program=$(program goose-bridge-security-check)
		script -qec "nsenter --net=/run/netns/$(netns A) -- $program -c $work/A.conf --fix" /dev/null <<<"$1" \
			>"$work/terminal.out" 2>&1
	}
	! answer n || fail "n: exit status 0"
	grep -q 'Do this?' "$work/terminal.out" || fail "nothing was asked: $(cat "$work/terminal.out")"
	sysctl_is eth0/force_igmp_version 3 || fail "n: it changed something"
	answer y || fail "y: $(cat "$work/terminal.out")"
	grep -q 'set: net.ipv4.conf.eth0.force_igmp_version = 2.*/etc/sysctl.d/' "$work/terminal.out" ||
		fail "it does not say what it did: $(cat "$work/terminal.out")"
	sysctl_is eth0/force_igmp_version 2 || fail "y: nothing was changed"
	set_sysctl eth0/force_igmp_version 3
fi
say "--fix --yes"
check --fix --yes || fail "not mended: $(cat "$work/check.json" "$work/check.err")"
sysctl_is eth0/force_igmp_version 2 || fail "nothing was changed"
grep -q 'set: net.ipv4.conf.eth0.force_igmp_version = 2' "$work/check.err" ||
	fail "it does not say what it did: $(cat "$work/check.err")"

say "goose-bridge-ctl check"
status=0
ctl A -j check -c "$work/A.conf" >"$work/check.json" || status=$?
[ $status = 0 ] && expect service fail # the test's own namespace has another /proc/sys, and no goose0
status=0
on A "$(program goose-bridge-ctl)" -s "$work/A.sock" -j check -c "$work/A.conf" >"$work/check.json" || status=$?
[ $status = 0 ] || fail "exit status $status: $(cat "$work/check.json")"
[ "$(jq -c '[.failed, .unknown]' "$work/check.json")" = '[0,0]' ] || fail "$(cat "$work/check.json")"
status=0
ctl A check --nonsense >/dev/null 2>&1 || status=$?
[ $status = 2 ] || fail "wrong usage: exit status $status"

say "without root"
if ! setpriv --reuid 65534 --regid 65534 --clear-groups test -x "$(program goose-bridge-security-check)" 2>/dev/null; then
	say "nobody may not run what was built here: not tried"
else
	on A setpriv --reuid 65534 --regid 65534 --clear-groups "$(program goose-bridge-security-check)" -j -c "$work/A.conf" \
		>"$work/check.json" || true
	expect firewall_igmp_in unknown
	of firewall_igmp_in text | grep -q 'only root' || fail "$(of firewall_igmp_in text)"
	expect igmp_version pass
	expect mtu pass
fi

say "allow_sources open"
write_conf A multicast_interface=eth0 path_mtu=1500 hello_interval=1 datapath=user
ctl A reload >/dev/null
broken "allow_sources open" allow_sources
grep -qx 'allow_sources = 10.61.0.2' "$work/A.conf" || fail "$(cat "$work/A.conf")"

say "a file with an error"
cp "$work/A.conf" "$work/good"
echo "multicast_port = none" >>"$work/A.conf"
! check || fail "exit status 0"
expect config fail
of config text | grep -q "A.conf:[0-9]*: .*multicast_port" || fail "$(of config text)"
cp "$work/good" "$work/A.conf"

bridge_stop A
write_conf A multicast_interface=eth0 path_mtu=1500 allow_sources=10.61.0.2 hello_interval=1 datapath=kernel
start_bridges A
wait_for 5 heard || fail "A does not hear B: $(ctl A -j peers)"
if wait_for 3 carries_in_kernel A; then
	say "the kernel engine, ahead of the firewall"
	check || fail "something fails: $(failed)"
	expect kernel_engine pass
	of kernel_engine text | grep -q "past this host's firewall" || fail "$(of kernel_engine text)"
	rules <<<"table ip f { chain in { type filter hook input priority 0; udp dport $port counter drop; };
		chain out { type filter hook output priority 0; udp dport $port drop; }; }"
	rules <<<"table netdev f { chain in { type filter hook ingress device eth0 priority 0; udp dport $port drop; }; }"
	carry B A "$pcaps/goose_ndscom.pcap"
	carry A B "$pcaps/goose_ndscom.pcap"
	on A nft flush ruleset
	write_conf A multicast_interface=eth0 path_mtu=1500 hello_interval=1 datapath=kernel
	ctl A reload >/dev/null
	broken "the kernel engine and allow_sources open" allow_sources kernel_engine
else
	say "no kernel engine here: not tried with it"
fi

bridge_stop A
write_conf A multicast_interface=eth0 path_mtu=1500 allow_sources=10.61.0.2 hello_interval=1 datapath=user
on A ip link set goose0 down
broken "the service stopped, and goose0 down" service membership goose0
wait_for 5 joined A "$group" || fail "the service that the command started does not join"
carry B A "$pcaps/goose_ndscom.pcap"
pass
