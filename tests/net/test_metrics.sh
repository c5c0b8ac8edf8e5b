#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# metrics_listen: what Prometheus would fetch is OpenMetrics to the letter, says the same as the JSON, and asking for it, also
# by clients that stall or talk nonsense, costs no frame. A service that gives up root has its port below 1024 all the same, and
# an address that the host gets later.

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

python=/usr/bin/python3
$python -c 'import prometheus_client.openmetrics.parser' 2>/dev/null || skip "needs python3-prometheus-client"
# Says REQUEST to B's port and shows the answer.
http() { on B timeout 5 bash -c 'exec 3<>/dev/tcp/127.0.0.1/9861; printf "$1" >&3; cat <&3' bash "$1"; }

topology A B
write_conf A
write_conf B metrics_listen=127.0.0.1:9861 stats_export_interval=3600
start_bridges A B

say "the same as the JSON"
on A "$tool" publish goose0 'TE"ST\LD0/LLN0$GO$gcb1' --ttl-ms 300 --sq-num 3 --count 3 --every 0.05 >/dev/null
on A "$tool" publish goose0 'TE"ST\LD0/LLN0$GO$gcb1' --ttl-ms 30000 --sq-num 9 --every 0.05 --appid 0x1002 >/dev/null
carry A B "$pcaps/goose_ndscom.pcap"
sleep 1.5 # greetings are over, and streams are silent
ctl B -j stats >"$work/compared"
on B $python "$GB_SRCDIR/tests/net/metrics.py" http://127.0.0.1:9861/metrics "$work/compared" \
	"$GB_SRCDIR"/conf/prometheus/* || fail "it differs"

say "anything else is refused"
http 'GET / HTTP/1.0\r\n\r\n' | head -n 1 | grep -q 404 || fail "$(http 'GET / HTTP/1.0\r\n\r\n')"
http 'POST /metrics HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc' | head -n 1 | grep -qE ' (405|501|413) ' ||
	fail "$(http 'POST /metrics HTTP/1.0\r\n\r\n')"
http 'nonsense\r\n\r\n' >/dev/null || true
head -c 100000 /dev/zero | tr '\0' 'x' >"$work/long"
on B bash -c 'exec 3<>/dev/tcp/127.0.0.1/9861; cat "$1" >&3' bash "$work/long" 2>/dev/null || true

say "twenty that never read, and one that never asks, while frames flow"
for _ in $(seq 20); do
	spawn B bash -c 'exec 3<>/dev/tcp/127.0.0.1/9861; printf "GET /metrics HTTP/1.1\r\nHost: b\r\n\r\n" >&3; sleep 30'
done
spawn B bash -c 'exec 3<>/dev/tcp/127.0.0.1/9861; sleep 30'
capture_start flow B goose0 --idle $((slow - 1)).7 --timeout $((20 * slow))
replay A goose0 "$pcaps"/*.pcap "$pcaps"/*.pcap "$pcaps"/*.pcap
expect_frames flow "$pcaps"/*.pcap "$pcaps"/*.pcap "$pcaps"/*.pcap
ctl B -j status >/dev/null || fail "the control socket does not answer"
http 'GET /metrics HTTP/1.0\r\n\r\n' | grep -q '^# EOF' || fail "nobody else is answered"

say "a flood of connections that never ask takes no descriptors away"
spawn B bash -c 'for i in $(seq 300); do exec {fd}<>/dev/tcp/127.0.0.1/9861; done 2>/dev/null; sleep 4'
flood=$spawned
sleep 2
held=$(find "/proc/$(bridge_pid B)/fd" | wc -l)
[ "$held" -lt 150 ] || fail "it holds $held descriptors"
carry A B "$pcaps/goose_ndscom.pcap"
kill "$flood" 2>/dev/null || true
answered() { http 'GET /metrics HTTP/1.0\r\n\r\n' | grep -q '^# EOF'; }
wait_for 25 answered || fail "nobody is answered any more"
[ "$(wc -l <"$work/B.out")" -lt 100 ] || fail "it floods its log: $(tail -n 3 "$work/B.out")"

say "an address that cannot be had is said, and no reason not to start"
write_conf B.other interface=goose1 metrics_listen=127.0.0.1:9861
bridge_start B.other
grep -q 'cannot listen at metrics_listen = 127.0.0.1:9861' "$work/B.other.log" || fail "$(cat "$work/B.other.log")"
bridge_stop B.other || fail "exit status $?"

say "a port below 1024 without root, on an address that is not there yet"
chmod 1777 "$work" # the bridge makes its socket and files there as that user
write_conf B.low interface=goose1 metrics_listen=10.61.0.99:861 user=nobody
bridge_start B.low
! grep 'cannot listen' "$work/B.low.log" || fail "port 861 cannot be had"
on B ip addr add 10.61.0.99/24 dev eth0
on B timeout 5 bash -c 'exec 3<>/dev/tcp/10.61.0.99/861; printf "GET /metrics HTTP/1.0\r\n\r\n" >&3; cat <&3' >"$work/low" ||
	fail "nothing answers: $(cat "$work/B.low.log")"
grep -q '^# EOF' "$work/low" || fail "$(head "$work/low")"
low=$(bridge_pid B.low)
[ "$(command stat -c %U "/proc/$low")" = nobody ] || fail "it runs as $(command stat -c %U "/proc/$low")"
capabilities=$(sed -n 's/^CapPrm:\t//p' "/proc/$low/status")
[ $((0x$capabilities)) = $((1 << 12 | 1 << 13)) ] || fail "it keeps more than CAP_NET_ADMIN and CAP_NET_RAW: $capabilities"
pass
