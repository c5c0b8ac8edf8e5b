#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The Zabbix template in a real Zabbix: it is imported as it is written, all its items are supported, values are those of
# stats.json, and a trigger fires when a stream expires and ends when it is published again. Run by `./quickstart check
# --with-zabbix'.
# shellcheck source=tests/snmp/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/snmp/zabbix/server.sh
. "$(dirname "$0")/server.sh"
[ -n "${GB_WITH_ZABBIX:-}" ] || skip "needs Zabbix and PostgreSQL, and a minute: ./quickstart check --with-zabbix"

template='GOOSE bridge by SNMP'
# shellcheck disable=SC2016 # a reference of a control block
ref='TESTLD0/LLN0$GO$gcb1'

# publish [OPTION...]: on A, until it is stopped
publish_start() {
	spawn A "$tool" publish goose0 "$ref" --ttl-ms 2000 --every 0.5 --count 0 --appid 0x3001 "$@" >"$work/published.out"
	publisher=$spawned
}
publish_stop() {
	kill "$publisher"
	reap "$publisher" || true
}

# item KEY PATH: of the host's item with this key
item() {
	api item.get "$(jq -nc --arg host "$host" --arg key "$1" '{hostids: $host, filter: {key_: $key}}')" | jq -r ".[0]$2"
}
item_is() { [ "$(item "$1" .lastvalue)" = "$2" ] && [ "$(item "$1" .lastclock)" != 0 ]; }
# shows KEY VALUE: an item gets this value
shows() { wait_for 30 item_is "goosebridge.$1" "$2" || fail "$1 is not $2: $(item "goosebridge.$1" .)"; }
# How many items there are whose key begins with KEY.
items() {
	api item.get "$(jq -nc --arg host "$host" --arg key "$1" '{hostids: $host, search: {key_: $key}, startSearch: true}')" |
		jq length
}
discovered() { [ "$(items "goosebridge.$1[")" -ge "$2" ]; }
# The sum of all values of an item so far: what a counter has grown by since it was discovered.
total() {
	api history.get "$(jq -nc --arg item "$(item "$1" .itemid)" '{itemids: $item, history: 3, limit: 10000}')" |
		jq '[.[].value | tonumber] | add // 0'
}
total_is() { [ "$(total "$1")" = "$2" ]; }
# trigger TEXT PATH: of the host's trigger whose name has TEXT in it
trigger() {
	api trigger.get "$(jq -nc --arg host "$host" --arg text "$1" '{hostids: $host, search: {description: $text}}')" |
		jq -r ".[0]$2"
}
fires() { [ "$(trigger "$1" .value)" = 1 ]; }
is_quiet() { [ "$(trigger "$1" .value)" = 0 ]; }
problems() {
	api problem.get "$(jq -nc --arg host "$host" --argjson least "$1" '{hostids: $host, severities: [range($least; 6)]}')" |
		jq -c '[.[].name]'
}
# How often the trigger has fired.
fired() { api event.get "{\"objectids\": \"$(trigger "$1" .triggerid)\", \"value\": 1}" | jq length; }
unsupported() { api item.get "{\"hostids\": \"$host\", \"filter\": {\"state\": 1}, \"output\": [\"key_\", \"error\"]}"; }
none_unsupported() { [ "$(unsupported)" = '[]' ]; }
stream() { streams A | jq -r --arg ref "$ref" ".streams[] | select(.gocb_ref == \$ref) | $1"; }

stream_is() { [ "$(stream "$1")" = "$2" ]; }

zabbix_check
# as it is installed, with the root that this build has
file=$work/template.yaml
root=$(sed -n 's/.*Made from the template for the root \([0-9.]*\);.*/\1/p' "$GB_BUILDDIR/mibs/GOOSE-BRIDGE-MIB.txt")
sed "s/1\.3\.6\.1\.4\.1\.8072\.9999\.9999\.61850/$root/g" "$GB_SRCDIR/conf/zabbix/template_goose_bridge_snmp.yaml" >"$file"
topology A B
snmp_conf A
snmpd_start A
write_conf A enable_snmp=true
write_conf B
start_bridges A B
wait_for 5 agent_up A || fail "the agent does not reach snmpd"
publish_start
zabbix_start A

say "the template"
import=$(jq -nc --rawfile source "$file" --argjson rules "$(import_rules)" '{format: "yaml", source: $source, rules: $rules}')
api configuration.import "$import" >/dev/null || fail "the template cannot be imported"
# What was stored is what is written, but for line ends.
changed=$(api configuration.importcompare "$import" | jq -c '
	def text: if type == "string" then gsub("\r"; "") | sub("\n+$"; "") else . end;
	[.. | objects | select(has("before") and has("after")) | .before as $stored | .after as $written |
	([$stored, $written | paths(scalars)] | unique[]) as $path |
	select(($stored | getpath($path) | text) != ($written | getpath($path) | text)) |
	{($stored.name // "?"): $path, stored: ($stored | getpath($path)), written: ($written | getpath($path))}]')
[ "$changed" = '[]' ] || fail "Zabbix stored something else than the template has: ${changed:0:2000}"

say "a host"
id=$(api template.get "$(jq -nc --arg name "$template" '{filter: {host: $name}}')" | jq -r '.[0].templateid')
group_id=$(api hostgroup.get '{"filter": {"name": "Linux servers"}}' | jq -r '.[0].groupid')
host=$(api host.create "$(jq -nc --arg template "$id" --arg group "$group_id" '{
	host: "bridge-a", groups: [{groupid: $group}], templates: [{templateid: $template}],
	interfaces: [{type: 2, main: 1, useip: 1, ip: "127.0.0.1", dns: "", port: "161",
		details: {version: 2, bulk: 1, community: "{$SNMP_COMMUNITY}"}}],
	macros: [{macro: "{$SNMP_COMMUNITY}", value: "public"}, {macro: "{$GOOSE.INTERVAL.STATE}", value: "1s"},
		{macro: "{$GOOSE.INTERVAL.COUNTER}", value: "2s"}, {macro: "{$GOOSE.INTERVAL.INFO}", value: "2s"},
		{macro: "{$GOOSE.INTERVAL.DISCOVERY}", value: "3s"}]}')" | jq -r '.hostids[0]')
for each in path.network.status:1 membership.state:1 stream.state:1 drop.rate:"$(stat A '.drops | length')" peer.quiet:1; do
	wait_for 60 discovered "${each%:*}" "${each#*:}" || fail "${each%:*}: $(items "goosebridge.${each%:*}[") discovered"
done
index=$(item "goosebridge.stream.state[gbStreamState.$(stream .index)]" .key_ | grep -o '[0-9]*]$' | tr -d ']')
[ -n "$index" ] || fail "no item for stream $(stream .index)"
name=$(item "goosebridge.stream.state[gbStreamState.$index]" .name)
[ "$name" = "Stream $ref (to network): State" ] || fail "the stream is called $name"

say "values"
shows "stream.state[gbStreamState.$index]" 3
shows "stream.stnum[gbStreamStNum.$index]" 1
shows "status[gbOperStatus.0]" 1
shows "streams.active[gbStreamsActive.0]" 1
shows "path.group[gbPathGroupAddr.0]" "$group"
shows "version[gbVersion.0]" "$(stat A .version)"
wait_for 30 none_unsupported || fail "items are not supported: $(unsupported)"
[ "$(problems 2)" = '[]' ] || fail "problems where there are none: $(problems 2)"

# A counter's growth, summed over all polls, is exactly that of stats.json.
key="goosebridge.stream.state_changes[gbStreamStateChanges.$index]"
before=$(($(stream .state_changes) - $(total "$key")))
publish_stop
publish_start --st-num 17 --sq-num 0
wait_for 10 stream_is .st_num 17 || fail "stNum is $(stream .st_num)"
shows "stream.stnum[gbStreamStNum.$index]" 17
wait_for 30 total_is "$key" $(($(stream .state_changes) - before)) ||
	fail "state changes: $(total "$key"), stats.json has $(stream .state_changes), $before of them before"
lost="goosebridge.stream.lost[gbStreamLost.$index]"
wait_for 30 total_is "$lost" "$(stream .lost)" || fail "lost: $(total "$lost"), stats.json has $(stream .lost)"

say "a stream expires"
expired="$ref (to network): Stream has expired"
is_quiet "$expired" || fail "the trigger is $(trigger "$expired" .)"
publish_stop
wait_for 30 fires "$expired" || fail "the trigger does not fire: $(stream .) $(trigger "$expired" .)"
problems 4 | grep -qF "$ref" || fail "the problem does not name the stream: $(problems 4)"
shows "streams.expired[gbStreamsExpired.0]" 1
publish_start --st-num 17 --sq-num 1000
wait_for 30 is_quiet "$expired" || fail "the trigger does not end: $(stream .) $(trigger "$expired" .)"
[ "$(fired "$expired")" = 1 ] || fail "the trigger fired $(fired "$expired") times"

say "the service ends"
down='Service is down'
bridge_stop A || fail "exit status $?"
wait_for 30 fires "$down" ||
	fail "the trigger does not fire: $(trigger "$down" .) $(item 'goosebridge.status[gbOperStatus.0]' .)"
[ "$(fired "$expired")" = 1 ] || fail "a stream expired because nobody was there to ask"
bridge_start A
wait_for 60 is_quiet "$down" || fail "the trigger does not end: $(item 'goosebridge.status[gbOperStatus.0]' .)"
[ "$(fired "$down")" = 1 ] || fail "the trigger fired $(fired "$down") times"
say "Zabbix and its database take $(zabbix_memory) MiB; $SECONDS s in all"
publish_stop
pass
