/* SPDX-License-Identifier: Apache-2.0 */
/* Subcommand pdu: what the decoder makes of the GOOSE messages of pcap files, an object a frame, for comparison with another
 * decoder (tests/data/pdu/tshark.jq).
 */
#include "commands.h"
#include "frames.h"
#include "tool.h"

#include <goose-bridge/goose.h>
#include <goose-bridge/pdu.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

static void print_text(struct gb_octets text)
{
	putchar('"');
	for (size_t i = 0; i < text.length; i++) {
		uint8_t c = text.octets[i];

		if (c < 0x20 || c > 0x7E || c == '"' || c == '\\')
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

static void print_hex(const uint8_t *octets, size_t length)
{
	putchar('"');
	for (size_t i = 0; i < length; i++)
		printf("%02x", octets[i]);
	putchar('"');
}

static void print_time(uint64_t ns)
{
	printf("\"%" PRIu64 ".%09" PRIu64 "\"", ns / TOOL_NS_PER_S, ns % TOOL_NS_PER_S);
}

static void print_meaning(const struct gb_value *value)
{
	switch (value->type) {
	case GB_VALUE_BOOLEAN:
		printf("%s", value->boolean ? "true" : "false");
		break;
	case GB_VALUE_BIT_STRING:
		printf("[%u,", value->bits);
		print_hex(value->content.octets + 1, value->content.length - 1);
		putchar(']');
		break;
	case GB_VALUE_INTEGER:
		printf("%" PRId64, value->integer);
		break;
	case GB_VALUE_UNSIGNED:
		printf("%" PRIu64, value->unsigned_integer);
		break;
	case GB_VALUE_FLOAT: /* JSON has no other numbers than finite ones */
		printf(isfinite(value->floating) ? "%.17g" : "\"%f\"", value->floating);
		break;
	case GB_VALUE_TIME_OF_DAY:
	case GB_VALUE_UTC_TIME:
		print_time(value->utc_ns);
		break;
	case GB_VALUE_VISIBLE_STRING:
		print_text(value->content);
		break;
	case GB_VALUE_ARRAY:
	case GB_VALUE_STRUCTURE:
		printf("null");
		break;
	default:
		print_hex(value->content.octets, value->content.length);
	}
}

static void print_values(struct gb_octets all_data)
{
	struct gb_values walk = gb_values(all_data);
	struct gb_value value;
	enum gb_pdu_error error;
	const char *separator = "";

	printf(",\"allData\":[");
	while (gb_values_next(&walk, &value, &error)) {
		printf("%s[%u,\"%s\",", separator, value.depth, gb_value_type_name(value.type));
		print_meaning(&value);
		putchar(']');
		separator = ",";
	}
	putchar(']');
}

static void print_named_text(const char *name, struct gb_octets text)
{
	if (!text.octets)
		return;
	printf(",\"%s\":", name);
	print_text(text);
}

static void print_number(const struct gb_pdu *pdu, unsigned field, const char *name, uint32_t value)
{
	if (pdu->fields & field)
		printf(",\"%s\":%" PRIu32, name, value);
}

static void print_boolean(const struct gb_pdu *pdu, unsigned field, const char *name, bool value)
{
	if (pdu->fields & field)
		printf(",\"%s\":%s", name, value ? "true" : "false");
}

static void print_pdu(const struct gb_pdu *pdu)
{
	print_named_text("gocbRef", pdu->gocb_ref);
	print_number(pdu, GB_PDU_HAS_TIME_ALLOWED_TO_LIVE, "timeAllowedtoLive", pdu->time_allowed_to_live_ms);
	print_named_text("datSet", pdu->dat_set);
	print_named_text("goID", pdu->go_id);
	if (pdu->t.octets) {
		printf(",\"t\":");
		print_time(gb_utc_time_ns(pdu->t.octets));
	}
	print_number(pdu, GB_PDU_HAS_ST_NUM, "stNum", pdu->st_num);
	print_number(pdu, GB_PDU_HAS_SQ_NUM, "sqNum", pdu->sq_num);
	print_boolean(pdu, GB_PDU_HAS_SIMULATION, "simulation", pdu->simulation);
	print_number(pdu, GB_PDU_HAS_CONF_REV, "confRev", pdu->conf_rev);
	print_boolean(pdu, GB_PDU_HAS_NDS_COM, "ndsCom", pdu->nds_com);
	print_number(pdu, GB_PDU_HAS_NUM_DAT_SET_ENTRIES, "numDatSetEntries", pdu->num_dat_set_entries);
	print_values(pdu->all_data);
}

static enum gb_pdu_error decode(const struct frames *frames, size_t i, struct gb_frame *frame, struct gb_pdu *pdu)
{
	if (gb_frame_parse(frames->at[i].octets, frames->at[i].length, frame) != GB_FRAME_GOOSE)
		tool_fail("frame %zu is not GOOSE", i + 1);
	return gb_pdu_of_frame(frame, pdu);
}

/* Returns how many have an error. */
static size_t print_all(const struct frames *frames)
{
	size_t bad = 0;

	for (size_t i = 0; i < frames->count; i++) {
		struct gb_frame frame;
		struct gb_pdu pdu;
		enum gb_pdu_error error = decode(frames, i, &frame, &pdu);

		bad += error != GB_PDU_OK;
		printf("{\"error\":\"%s\",\"appid\":%u", gb_pdu_error_name(error), frame.appid);
		print_pdu(&pdu);
		printf("}\n");
	}
	return bad;
}

/* How long one frame takes, its Ethernet header included: the best of ten rounds, since other work on the machine only adds. */
static size_t time_all(const struct frames *frames, uint64_t times)
{
	uint64_t best = UINT64_MAX;
	size_t bad = 0;

	for (unsigned round = 0; round < 10; round++) {
		uint64_t start = tool_mono_ns();

		for (uint64_t n = 0; n < times; n++) {
			for (size_t i = 0; i < frames->count; i++) {
				struct gb_frame frame;
				struct gb_pdu pdu;

				bad += decode(frames, i, &frame, &pdu) != GB_PDU_OK;
			}
		}
		uint64_t took = tool_mono_ns() - start;

		best = took < best ? took : best;
	}
	printf("{\"frames\":%zu,\"ns_per_frame\":%.1f}\n", frames->count,
	       (double)best / (double)times / (double)frames->count);
	return bad;
}

int command_pdu(int argc, char **argv)
{
	struct frames frames = {0};
	uint64_t times = 0;
	const struct tool_option options[] = {
		{"time", TOOL_NUMBER, &times, "N", "print instead how long a frame takes, in 10 rounds of N times each"},
		{0},
	};
	size_t operands = tool_parse(argc, argv,
				     "FILE.pcap... [--time N]   prints a JSON object a frame; exit 0 if none has an error",
				     options, 1, SIZE_MAX);

	for (size_t i = 0; i < operands; i++)
		frames_read_pcap(&frames, argv[i]);
	if (frames.count == 0)
		tool_fail("no frames in %s", argv[0]);
	size_t bad = times ? time_all(&frames, times) : print_all(&frames);

	frames_free(&frames);
	return bad ? TOOL_FAILED : TOOL_OK;
}
