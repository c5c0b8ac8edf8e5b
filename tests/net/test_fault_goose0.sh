#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# goose0 set down or deleted under a running bridge: it is up again by itself within one reconnect_delay, said once, and
# frames pass; taken as found if it exists with other flags; set up without an address unless tun_ip asks for one.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

frames=$pcaps/goose_tagged_alltypes_statechg.pcap
goose0_is_up() { on A ip -j link show dev goose0 | jq -e '.[0].flags | index("UP")'; }
warnings() { grep -c "WARNING.*$1" "$work/A.log" || true; }

topology A B
# reconnect_delay 3: what is mended at once is not mended by the retry
write_conf A reconnect_delay=3 interface_mtu=1504
write_conf B
on A ip tuntap add dev goose0 mode tap multi_queue
start_bridges A B
carry A B "$frames"
carry B A "$frames"

say "set up as configured"
on A ip -j -d link show dev goose0 | jq -e '.[0].mtu == 1504 and .[0].linkinfo.info_data.multi_queue' >/dev/null ||
	fail "goose0: $(on A ip -d link show dev goose0)"
[ -z "$(on A ip -o addr show dev goose0)" ] || fail "goose0 has an address: $(on A ip -o addr show dev goose0)"

say "set down"
on A ip link set goose0 down
wait_for 3 goose0_is_up || fail "goose0 was set down and is not up again"
carry A B "$frames"
carry B A "$frames"
[ "$(warnings 'was set down')" = 1 ] || fail "'was set down' stands $(warnings 'was set down') times in the log"

say "deleted"
on A ip link del goose0
wait_for 3 goose0_is_up || fail "goose0 was deleted and is not there again"
carry A B "$frames"
carry B A "$frames"
[ "$(warnings 'was deleted')" = 1 ] || fail "'was deleted' stands $(warnings 'was deleted') times in the log"
[ "$(stat A .state)" = running ] || fail "the state is $(stat A .state)"

say "renamed"
on A ip link set goose0 down
on A ip link set goose0 name other0
wait_for 3 goose0_is_up || fail "goose0 was renamed and is not there again"
carry A B "$frames"
[ "$(warnings 'was renamed other0')" = 1 ] || fail "'was renamed' stands $(warnings 'was renamed') times in the log"
on A ip link del other0

say "an address when asked for"
bridge_stop A || fail "bridge A ended with $?"
write_conf A tun_ip=auto
start_bridges A
on A ip -o addr show dev goose0 | grep -q 'inet 192\.168\.100\.1/24' || fail "tun_ip = auto gave none: $(on A ip addr show)"
[ "$(stat A .service_info.tun_ip)" = 192.168.100.1/24 ] || fail "service_info.tun_ip is $(stat A .service_info.tun_ip)"

say "a name that is no TAP"
bridge_stop A || fail "bridge A ended with $?"
on A ip link add veth0 type veth peer name veth1
write_conf A interface=veth0
status=0
on A "$(program goose-bridge)" -c "$work/A.conf" >"$work/A.refused" 2>&1 || status=$?
[ $status = 1 ] || fail "it started on an interface that is no TAP (exit $status)"
grep -q 'veth0.*no TAP' "$work/A.refused" || fail "it does not say why: $(cat "$work/A.refused")"
grep -q 'belongs in multicast_interface$' "$work/A.refused" || fail "it does not say what to do: $(cat "$work/A.refused")"
write_conf A interface=eth0
status=0
on A "$(program goose-bridge)" -c "$work/A.conf" >"$work/A.refused" 2>&1 || status=$?
[ $status = 1 ] || fail "it started on the network card (exit $status)"
grep -q 'eth0.*no TAP.*multicast_interface' "$work/A.refused" || fail "it does not say why: $(cat "$work/A.refused")"
[ "$(on A ip -j link show dev eth0 | jq '.[0].mtu')" = 1500 ] || fail "it changed the network card"
pass
