/* SPDX-License-Identifier: Apache-2.0 */
/* How the fields of a snapshot become values of SNMP. */
#include "tree.h"

#include <goose-bridge/clock.h>
#include <string.h>
#include <time.h>

void snmp_value_number(struct snmp_value *value, enum snmp_type type, uint64_t number)
{
	value->type = type;
	value->number = type == SNMP_COUNTER64 || number <= UINT32_MAX ? number : UINT32_MAX;
	value->length = 0;
}

static void put_octets(struct snmp_value *value, const void *octets, size_t length)
{
	value->type = SNMP_OCTETS;
	value->number = 0;
	value->length = length;
	memcpy(value->octets, octets, length);
}

void snmp_value_text(struct snmp_value *value, const char *text)
{
	put_octets(value, text, strnlen(text, GB_SNMP_TEXT - 1));
}

/* DateAndTime (RFC 2579) in UTC; for never, the 8 octets of 0 that other modules have (ENTITY-MIB). */
void snmp_value_time(struct snmp_value *value, uint64_t utc_ns)
{
	uint8_t octets[11] = {0};
	time_t seconds = (time_t)(utc_ns / GB_NS_PER_S);
	struct tm tm;

	if (utc_ns == 0 || !gmtime_r(&seconds, &tm)) {
		put_octets(value, octets, 8);
		return;
	}
	octets[0] = (uint8_t)((tm.tm_year + 1900) >> 8);
	octets[1] = (uint8_t)(tm.tm_year + 1900);
	octets[2] = (uint8_t)(tm.tm_mon + 1);
	octets[3] = (uint8_t)tm.tm_mday;
	octets[4] = (uint8_t)tm.tm_hour;
	octets[5] = (uint8_t)tm.tm_min;
	octets[6] = (uint8_t)tm.tm_sec;
	octets[7] = (uint8_t)(utc_ns % GB_NS_PER_S / (GB_NS_PER_S / 10));
	octets[8] = '+';
	put_octets(value, octets, sizeof(octets));
}

void snmp_value_address(struct snmp_value *value, struct in_addr address, bool known)
{
	put_octets(value, &address.s_addr, known ? sizeof(address.s_addr) : 0);
}

void snmp_value_addr_type(struct snmp_value *value, bool known)
{
	snmp_value_number(value, SNMP_INTEGER, known ? 1 : 0); /* ipv4(1), unknown(0) */
}

static uint64_t read_unsigned(const void *at, size_t size)
{
	uint8_t one;
	uint16_t two;
	uint32_t four;
	uint64_t eight;

	switch (size) {
	case sizeof(one):
		memcpy(&one, at, size);
		return one;
	case sizeof(two):
		memcpy(&two, at, size);
		return two;
	case sizeof(four):
		memcpy(&four, at, size);
		return four;
	default:
		memcpy(&eight, at, sizeof(eight));
		return eight;
	}
}

static void put_id(struct snmp_value *value, uint64_t id)
{
	uint8_t octets[8];

	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (uint8_t)(id >> (56 - 8 * i));
	put_octets(value, octets, sizeof(octets));
}

static void put_address(const struct snmp_column *column, const void *at, struct snmp_value *value)
{
	struct in_addr address;

	memcpy(&address, at, sizeof(address));
	if (column->field == SNMP_FIELD_ADDRESS)
		snmp_value_address(value, address, address.s_addr != 0);
	else
		snmp_value_addr_type(value, address.s_addr != 0);
}

void snmp_field_value(const struct snmp_column *column, const void *row, struct snmp_value *value)
{
	const char *at = (const char *)row + column->offset;
	bool is_number = column->field < SNMP_FIELD_TEXT || column->field == SNMP_FIELD_ID;
	uint64_t number = is_number ? read_unsigned(at, column->size) : 0;

	switch ((enum snmp_field)column->field) {
	case SNMP_FIELD_COUNT:
		snmp_value_number(value, SNMP_COUNTER64, number);
		break;
	case SNMP_FIELD_GAUGE64:
	case SNMP_FIELD_NUMBER:
	case SNMP_FIELD_SIZE:
		snmp_value_number(value, SNMP_UNSIGNED, number);
		break;
	case SNMP_FIELD_ENUM:
		snmp_value_number(value, SNMP_INTEGER, number + 1);
		break;
	case SNMP_FIELD_INT:
		snmp_value_number(value, SNMP_INTEGER, number);
		break;
	case SNMP_FIELD_BOOL: /* true(1), false(2) */
	case SNMP_FIELD_UP:
		snmp_value_number(value, SNMP_INTEGER, number ? 1 : 2);
		break;
	case SNMP_FIELD_TIME:
		snmp_value_time(value, number);
		break;
	case SNMP_FIELD_MS:
		snmp_value_number(value, SNMP_UNSIGNED, number / GB_NS_PER_MS);
		break;
	case SNMP_FIELD_SECONDS:
		snmp_value_number(value, SNMP_UNSIGNED, number / GB_NS_PER_S);
		break;
	case SNMP_FIELD_TEXT:
		snmp_value_text(value, at);
		break;
	case SNMP_FIELD_MAC:
		put_octets(value, at, 6);
		break;
	case SNMP_FIELD_ID:
		put_id(value, number);
		break;
	case SNMP_FIELD_ADDRESS:
	case SNMP_FIELD_ADDR_TYPE:
		put_address(column, at, value);
		break;
	case SNMP_FIELD_ASK:
		break; /* snmp_column.ask */
	}
}
