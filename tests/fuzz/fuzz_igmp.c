/* SPDX-License-Identifier: Apache-2.0 */
/* Any octets as an IP packet with IGMP: what is found lies within them, and a whole message is no longer one cut short. */
#include <goose-bridge/igmp.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void check_message(const uint8_t *data, size_t size, const struct gb_igmp_message *m)
{
	size_t header = (data[0] & 0xFU) * 4U, total = (size_t)data[2] << 8 | data[3];

	require(header >= 20 && total >= header + GB_IGMP_REPORT_OCTETS && total <= size);
	require(m->ttl == data[8]);
	require(memcmp(&m->source, data + 12, 4) == 0 && memcmp(&m->destination, data + 16, 4) == 0);
	switch (m->kind) {
	case GB_IGMP_QUERY:
		require(m->version >= 1 && m->version <= 3);
		require(m->version < 3 || total - header >= 12);
		break;
	case GB_IGMP_REPORT:
		require(m->version >= 1 && m->version <= 3);
		require(m->version < 3 || (m->records >= data && m->records + m->records_length == data + total));
		break;
	case GB_IGMP_LEAVE:
		require(m->version == 2);
		break;
	case GB_IGMP_OTHER:
		break;
	}
	require(!gb_igmp_reports(m, m->group) || m->kind == GB_IGMP_REPORT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gb_igmp_message message;
	int error;

	memset(&message, 0xA5, sizeof(message));
	error = gb_igmp_parse(data, size, &message);
	require(error == 0 || error == -EBADMSG || error == -EPROTONOSUPPORT);
	if (error)
		return 0;
	check_message(data, size, &message);
	size_t total = (size_t)data[2] << 8 | data[3];

	require(gb_igmp_parse(data, total - 1, &message) == -EPROTONOSUPPORT);
	return 0;
}
