/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-ctl ports: what the kernel's lists say. */
#include "../../module/tools/ctl_ports.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const char udp[] =
	"   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n"
	"  101: 640100E0:F19A 00000000:0000 07 00000000:00000300 00:00000000 00000000     0        0 21 2 00000000aaaa 5\n"
	"  101: 640100E0:F19A 00000000:0000 07 00000000:00000010 00:00000000 00000000   998        0 22 2 00000000bbbb 2\n"
	"  102: 640100E0:F19B 00000000:0000 07 00000000:00000001 00:00000000 00000000     0        0 23 2 00000000cccc 1\n"
	"  103: 650100E0:F19A 00000000:0000 07 00000000:00000001 00:00000000 00000000     0        0 24 2 00000000dddd 1\n"
	"garbage\n";

static const char tcp[] =
	"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
	"   0: 0100007F:247D 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 30 1 0 100 0 0 10 0\n"
	"   1: 0100007F:247E 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 31 1 0 20 4 30 10 -1\n";

static FILE *list(const char *text)
{
	FILE *file = fmemopen((char *)(uintptr_t)text, strlen(text), "r");

	assert_non_null(file);
	return file;
}

static struct ports_socket found(const char *text, const char *address, uint16_t port)
{
	struct ports_socket socket;
	struct in_addr at;
	FILE *file = list(text);

	assert_int_equal(inet_pton(AF_INET, address, &at), 1);
	ports_find_socket(file, at, port, &socket);
	fclose(file);
	return socket;
}

static bool listens(uint16_t port)
{
	FILE *file = list(tcp);
	bool answer = ports_find_listener(file, (struct in_addr){htonl(INADDR_LOOPBACK)}, port);

	fclose(file);
	return answer;
}

static void sockets_are_found_by_address_and_port(void **state)
{
	struct ports_socket socket = found(udp, "224.0.1.100", 61850);

	(void)state;
	assert_true(socket.found);
	assert_int_equal(socket.waiting, 0x310); /* two that are bound alike */
	assert_int_equal(socket.drops, 7);
	assert_int_equal(found(udp, "224.0.1.100", 61851).drops, 1);
	assert_false(found(udp, "224.0.1.102", 61850).found);
	assert_false(found(udp, "224.0.1.100", 61852).found);
	assert_false(found("nothing\n", "224.0.1.100", 61850).found);
}

static void only_listeners_listen(void **state)
{
	(void)state;
	assert_true(listens(9341));
	assert_false(listens(9342)); /* a connection */
	assert_false(listens(9343));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sockets_are_found_by_address_and_port),
		cmocka_unit_test(only_listeners_listen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
