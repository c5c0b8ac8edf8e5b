# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034 # variables of tests/net/lib.sh, and some for the test
#
# A Zabbix of a test's own, beside what tests/snmp/lib.sh offers: PostgreSQL, server and frontend from the system's packages, as
# the unprivileged user zabbix, in a host's namespace, with all that they write in the test's directory. The system's own
# cluster, its Zabbix and their configuration are neither read nor written.
#
#   zabbix_start HOST            database, server, and frontend on 127.0.0.1:8080; fails or skips if something is missing
#   api METHOD PARAMETERS        calls Zabbix's API as its administrator; prints the result; PARAMETERS is JSON
#   zabbix_memory                how much all of it takes, in MiB
#   import_rules                 what `configuration.import' needs to create all that a template has

zabbix_user=zabbix
zabbix_server=/usr/sbin/zabbix_server
zabbix_sql=/usr/share/zabbix-server-pgsql
zabbix_frontend=/usr/share/zabbix
zabbix_database=

# Where Debian has the server programs, which are on nobody's path.
postgres_programs() {
	local at
	for at in /usr/lib/postgresql/*/bin; do
		[ ! -x "$at/initdb" ] || [ ! -x "$at/postgres" ] || zabbix_database=$at
	done
}

zabbix_check() {
	local need extensions
	postgres_programs
	[ -n "$zabbix_database" ] || skip "needs PostgreSQL's server (Debian: postgresql)"
	[ -x $zabbix_server ] || skip "needs Zabbix's server (Debian: zabbix-server-pgsql)"
	[ -r $zabbix_sql/schema.sql.gz ] || skip "needs $zabbix_sql/schema.sql.gz (Debian: zabbix-server-pgsql)"
	[ -r $zabbix_frontend/api_jsonrpc.php ] || skip "needs Zabbix's frontend (Debian: zabbix-frontend-php)"
	for need in php psql setpriv unshare; do
		command -v $need >/dev/null || skip "needs $need (Debian: php-cli postgresql-client util-linux)"
	done
	extensions=$(php -m)
	for need in pgsql mbstring gd xmlreader xmlwriter bcmath; do
		grep -qix "$need" <<<"$extensions" ||
			skip "needs PHP's extension $need (Debian: php-pgsql php-mbstring php-gd php-xml php-bcmath)"
	done
	getent passwd $zabbix_user >/dev/null || skip "needs the user $zabbix_user, which Debian's package makes"
}

as_zabbix=(setpriv --reuid "$zabbix_user" --regid "$zabbix_user" --clear-groups --)

sql() { "${as_zabbix[@]}" env HOME="$zabbix_at" LC_ALL=C psql -q -X -v ON_ERROR_STOP=1 -h "$zabbix_at" "$@"; }

# What a new installation has, without the templates that Zabbix brings along: they are nine tenths of it.
zabbix_data() {
	local tables='role|role_rule|users|usrgrp|users_groups|hstgrp|config|config_autoreg_tls|globalmacro|regexps|expressions'
	zcat $zabbix_sql/data.sql.gz | awk -v tables="^($tables)\$" '
		/^INSERT INTO / { wanted = $3 ~ tables }
		/^(DELETE FROM|UPDATE|START TRANSACTION|COMMIT)/ { wanted = 0 }
		wanted'
}

database_start() {
	"${as_zabbix[@]}" "$zabbix_database/initdb" -D "$zabbix_at/data" -A trust --no-sync -E UTF8 --locale=C -U $zabbix_user \
		>"$work/initdb.out" 2>&1 || fail "initdb: $(tail -n 3 "$work/initdb.out")"
	spawn "$1" "${as_zabbix[@]}" "$zabbix_database/postgres" \
		-D "$zabbix_at/data" -k "$zabbix_at" -c listen_addresses= -c fsync=off -c synchronous_commit=off \
		-c full_page_writes=off -c autovacuum=off -c shared_buffers=16MB -c max_connections=30 \
		>"$work/postgres.log" 2>&1
	database=$spawned
	wait_for 30 sql -d postgres -c 'select 1' || fail "PostgreSQL does not start: $(tail -n 3 "$work/postgres.log")"
	sql -d postgres -c 'create database zabbix'
	{
		echo 'begin;'
		zcat $zabbix_sql/schema.sql.gz
		zabbix_data
		echo 'commit;'
	} | sql -d zabbix >"$work/schema.out" 2>&1 || fail "the schema: $(tail -n 3 "$work/schema.out")"
}

server_start() {
	cat >"$zabbix_at/server.conf" <<-X
		DBHost=$zabbix_at
		DBName=zabbix
		DBUser=$zabbix_user
		LogFile=$zabbix_at/server.log
		PidFile=$zabbix_at/server.pid
		SocketDir=$zabbix_at
		ListenIP=127.0.0.1
		SourceIP=127.0.0.1
		StartPollers=3
		StartPollersUnreachable=1
		StartTrappers=1
		StartPingers=0
		StartDiscoverers=0
		StartHTTPPollers=0
		StartPreprocessors=1
		StartLLDProcessors=1
		StartDBSyncers=1
		StartTimers=1
		StartEscalators=1
		StartAlerters=1
		CacheUpdateFrequency=1
		CacheSize=8M
		HistoryCacheSize=1M
		HistoryIndexCacheSize=1M
		TrendCacheSize=1M
		ValueCacheSize=1M
		HousekeepingFrequency=0
		Timeout=5
	X
	spawn "$1" "${as_zabbix[@]}" $zabbix_server -f -c "$zabbix_at/server.conf" >"$work/zabbix_server.out" 2>&1
	server=$spawned
}

# The frontend reads /etc/zabbix/zabbix.conf.php, wherever it is: it sees another /etc/zabbix than the rest of the system.
frontend_start() {
	mkdir "$zabbix_at/etc"
	cat >"$zabbix_at/etc/zabbix.conf.php" <<-X
		<?php
		\$DB['TYPE'] = 'POSTGRESQL';
		\$DB['SERVER'] = '$zabbix_at';
		\$DB['PORT'] = '0';
		\$DB['DATABASE'] = 'zabbix';
		\$DB['USER'] = '$zabbix_user';
		\$DB['PASSWORD'] = '';
		\$DB['SCHEMA'] = '';
		\$DB['ENCRYPTION'] = false;
		\$DB['DOUBLE_IEEE754'] = true;
		\$ZBX_SERVER = '127.0.0.1';
		\$ZBX_SERVER_PORT = '10051';
		\$ZBX_SERVER_NAME = 'test';
		\$IMAGE_FORMAT_DEFAULT = IMAGE_FORMAT_PNG;
	X
	# shellcheck disable=SC2016 # for the inner shell
	spawn "$1" unshare --mount --propagation private -- \
		sh -c 'mount --bind "$1" /etc/zabbix && shift && exec "$@"' sh "$zabbix_at/etc" \
		"${as_zabbix[@]}" php -d memory_limit=256M -d max_execution_time=300 -d post_max_size=16M \
		-d max_input_time=300 -d date.timezone=UTC -S 127.0.0.1:8080 -t $zabbix_frontend >"$work/frontend.log" 2>&1
	frontend=$spawned
}

# The test's end: a signal that lets PostgreSQL's sessions go, and waits for all of their processes. What is left of them in the
# host's namespace after that, because its parent is gone, ends at once.
zabbix_end() {
	local each pid
	for each in "${server:-}:TERM" "${frontend:-}:TERM" "${database:-}:INT"; do
		pid=${each%:*}
		{ [ -n "$pid" ] && mine "$pid"; } || continue
		kill "-${each#*:}" "$pid" 2>/dev/null
		for _ in $(seq 100); do
			mine "$pid" || break
			sleep 0.1
		done
	done
	for pid in $(ip netns pids "$(netns "$zabbix_host")" 2>/dev/null); do
		[ "$(command stat -c %U "/proc/$pid" 2>/dev/null)" != $zabbix_user ] || kill -KILL "$pid" 2>/dev/null
	done
}

zabbix_start() {
	zabbix_check
	zabbix_host=$1
	# clean_up looks at the status it is called with.
	trap 'zabbix_status=$?; trap - ERR; set +e; zabbix_end; (exit $zabbix_status); clean_up' EXIT
	zabbix_at=$work/zabbix
	chmod 711 "$work"
	install -d -o $zabbix_user -g $zabbix_user -m 700 "$zabbix_at"
	[ ! -d /etc/zabbix ] && skip "needs /etc/zabbix, which Debian's package makes"
	database_start "$1"
	server_start "$1"
	frontend_start "$1"
	zabbix_token=
	wait_for 30 api apiinfo.version '[]' || fail "the frontend does not answer: $(tail -n 3 "$work/frontend.log")"
	zabbix_version=$(api apiinfo.version '[]' | jq -r .)
	zabbix_token=$(api user.login '{"username": "Admin", "password": "zabbix"}' | jq -r .)
	say "Zabbix $zabbix_version runs"
}

# MiB, pages that several processes have counted once.
zabbix_memory() {
	local pid
	for pid in $(ip netns pids "$(netns "$zabbix_host")"); do
		[ "$(command stat -c %U "/proc/$pid")" != $zabbix_user ] ||
			sed -n 's/^Pss: *\([0-9]*\) kB/\1/p' "/proc/$pid/smaps_rollup"
	done 2>/dev/null | awk '{sum += $1} END {print int(sum / 1024)}'
}

# Before 6.4 the token is in the request, and later in a header.
old_api() { [[ $zabbix_version =~ ^(5\.|6\.0|6\.2) ]]; }

api() {
	local request answer authorization=
	request=$(jq -c --arg method "$1" '{jsonrpc: "2.0", id: 1, method: $method, params: .}' <<<"$2")
	if [ -n "${zabbix_token:-}" ]; then
		if old_api; then
			request=$(jq -c --arg auth "$zabbix_token" '.auth = $auth' <<<"$request")
		else
			authorization="Authorization: Bearer $zabbix_token"
		fi
	fi
	# shellcheck disable=SC2016 # PHP
	answer=$(on "$zabbix_host" php -r '$context = stream_context_create(["http" => ["method" => "POST", "timeout" => 120,
		"header" => "Content-Type: application/json-rpc\r\n" . ($argv[1] === "" ? "" : "$argv[1]\r\n"),
		"content" => stream_get_contents(STDIN)]]);
		$answer = @file_get_contents("http://127.0.0.1:8080/api_jsonrpc.php", false, $context);
		if ($answer === false) exit(1);
		echo $answer;' -- "$authorization" <<<"$request") || return 1
	if ! jq -e 'has("result")' <<<"$answer" >/dev/null 2>&1; then
		say "$1: $(jq -r '.error.data // .' <<<"$answer" 2>/dev/null || echo "$answer")" >&2
		return 1
	fi
	jq -c .result <<<"$answer"
}

import_rules() {
	local all='{"createMissing": true, "updateExisting": true}' groups=groups
	old_api || groups=template_groups
	jq -nc --argjson all "$all" --arg groups $groups '
		{templates: $all, valueMaps: $all, templateDashboards: $all, items: $all, discoveryRules: $all, triggers: $all,
		 graphs: $all, ($groups): (if $groups == "groups" then {createMissing: true} else $all end)}'
}
