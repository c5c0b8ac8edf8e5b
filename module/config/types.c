/* SPDX-License-Identifier: Apache-2.0 */
#include "types.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <goose-bridge/config.h>
#include "reader.h"

#define SHOWN_MAX 64 /* octets of a value that a report shows */

__attribute__((format(printf, 2, 3)))
static int refuse(struct gb_config_why *why, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why->text, sizeof(why->text), format, args);
	va_end(args);
	return -EINVAL;
}

static bool is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

const char *gb_config_show(char *buffer, size_t size, const char *text)
{
	static const char more[] = "...";
	size_t length = strlen(text);
	size_t kept = length;

	if (length >= size) {
		kept = size - sizeof(more);
		while (kept > 0 && ((unsigned char)text[kept] & 0xc0) == 0x80)
			kept--;
	}
	for (size_t i = 0; i < kept; i++)
		buffer[i] = is_control(text[i]) ? '?' : text[i];
	if (kept < length)
		memcpy(buffer + kept, more, sizeof(more));
	else
		buffer[kept] = '\0';
	return buffer;
}

/* --- Numbers ---------------------------------------------------------------- */

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

/* Digits and nothing else: no sign, no white space. Returns 0, -EINVAL, or -ERANGE if 64 bits do not hold it. */
static int read_digits(const char *text, unsigned base, uint64_t *value)
{
	bool overflow = false;
	uint64_t sum = 0;

	if (!*text)
		return -EINVAL;
	for (; *text; text++) {
		unsigned digit = (unsigned)digit_of(*text);

		if (digit >= base)
			return -EINVAL;
		if (sum > (UINT64_MAX - digit) / base)
			overflow = true;
		sum = sum * base + digit;
	}
	*value = sum;
	return overflow ? -ERANGE : 0;
}

/* The field of a number is as wide as it is declared in struct gb_config. */
static void store_number(const struct gb_config_entry *entry, void *field, uint64_t value)
{
	uint16_t narrow = (uint16_t)value;
	unsigned usual = (unsigned)value;

	if (entry->size == sizeof(narrow))
		memcpy(field, &narrow, sizeof(narrow));
	else if (entry->size == sizeof(usual))
		memcpy(field, &usual, sizeof(usual));
	else
		memcpy(field, &value, sizeof(value));
}

static int parse_number(const struct gb_config_entry *entry, const char *text, void *field, struct gb_config_why *why)
{
	uint64_t value;
	int err = read_digits(text, 10, &value);

	if (err == -EINVAL)
		return refuse(why, "is no plain decimal number, %s", entry->range_text);
	if (err || value < entry->min || value > entry->max)
		return refuse(why, "out of range, %s", entry->range_text);
	store_number(entry, field, value);
	return 0;
}

static int parse_path_mtu(const struct gb_config_entry *entry, const char *text, void *field, struct gb_config_why *why)
{
	uint64_t value;

	if (strcasecmp(text, "default") == 0 || (read_digits(text, 10, &value) == 0 && value == 0)) {
		store_number(entry, field, 0);
		return 0;
	}
	return parse_number(entry, text, field, why);
}

static int parse_identifier(const struct gb_config_entry *entry, const char *text, void *field,
			    struct gb_config_why *why)
{
	bool hexadecimal = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	uint64_t value;
	int err = hexadecimal ? read_digits(text + 2, 16, &value) : read_digits(text, 10, &value);

	if (err == -EINVAL)
		return refuse(why, "is no number, %s", entry->range_text);
	if (err)
		return refuse(why, "out of range, %s", entry->range_text);
	store_number(entry, field, value);
	return 0;
}

/* --- Words ------------------------------------------------------------------ */

bool gb_config_parse_boolean(const char *text, bool *value)
{
	static const char *const words[2][4] = {{"false", "no", "off", "0"}, {"true", "yes", "on", "1"}};

	for (unsigned truth = 0; truth < 2; truth++) {
		for (unsigned i = 0; i < 4; i++) {
			if (strcasecmp(text, words[truth][i]) == 0) {
				*value = truth == 1;
				return true;
			}
		}
	}
	return false;
}

static int parse_boolean(const struct gb_config_entry *entry, const char *text, void *field, struct gb_config_why *why)
{
	bool value;

	(void)entry;
	if (!gb_config_parse_boolean(text, &value))
		return refuse(why, "is neither true nor false (true, yes, on, 1; false, no, off, 0)");
	memcpy(field, &value, sizeof(value));
	return 0;
}

static int parse_word(const struct gb_config_entry *entry, const char *text, void *field, struct gb_config_why *why)
{
	for (const struct gb_config_choice *choice = entry->choices; choice->name; choice++) {
		if (strcasecmp(text, choice->name) == 0) {
			memcpy(field, &choice->value, sizeof(choice->value));
			return 0;
		}
	}
	return refuse(why, "is none of %s", entry->range_text);
}

/* --- Text and names --------------------------------------------------------- */

static bool equal_text(const void *a, const void *b)
{
	return strcmp(a, b) == 0;
}

static int store_text(const struct gb_config_entry *entry, const char *text, void *field, struct gb_config_why *why)
{
	size_t length = strlen(text);

	if (length > entry->max)
		return refuse(why, "longer than %u octets", (unsigned)entry->max);
	memset(field, 0, entry->size);
	memcpy(field, text, length);
	return 0;
}

static int parse_text(const struct gb_config_entry *entry, const char *text, void *field, struct gb_config_why *why)
{
	for (const char *c = text; *c; c++)
		if (gb_config_is_space(*c))
			return refuse(why, "white space is not allowed in it");
	return store_text(entry, text, field, why);
}

static int parse_line(const struct gb_config_entry *entry, const char *text, void *field, struct gb_config_why *why)
{
	return store_text(entry, text, field, why);
}

static int parse_path(const struct gb_config_entry *entry, const char *text, void *field, struct gb_config_why *why)
{
	size_t length = strlen(text);

	if (length && text[0] != '/')
		return refuse(why, "is no absolute path: it has to start with '/'");
	if (length && text[length - 1] == '/' && (entry->flags & GB_CONFIG_FILE))
		return refuse(why, "names a directory, a file is wanted");
	return store_text(entry, text, field, why);
}

/* What the kernel takes as the name of an interface, less '%', which makes it a pattern for the kernel to fill in. */
static int parse_interface(const struct gb_config_entry *entry, const char *text, void *field,
			   struct gb_config_why *why)
{
	static const char *const reserved[] = {".", "..", "all", "default"};

	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (strcmp(text, reserved[i]) == 0)
			return refuse(why, "cannot be the name of an interface");
	for (const char *c = text; *c; c++)
		if (gb_config_is_space(*c) || strchr("/:%", *c))
			return refuse(why, "the name of an interface has no '/', ':', '%%' or white space in it");
	return store_text(entry, text, field, why);
}

/* --- Addresses -------------------------------------------------------------- */

/* The Python service's file names the mode; whoever asks for another one must not believe that he has it. */
static int parse_path_mode(const struct gb_config_entry *entry, const char *text, void *field, struct gb_config_why *why)
{
	enum gb_dual_path_mode mode = GB_DUAL_PATH_INDEPENDENT;

	(void)entry;
	if (strcasecmp(text, "independent") != 0)
		return refuse(why, "only independent is in this version: each path carries the frames of its own GOOSE "
			      "interface, and no frame is sent on both");
	memcpy(field, &mode, sizeof(mode));
	return 0;
}

static int parse_group(const struct gb_config_entry *entry, const char *text, void *field, struct gb_config_why *why)
{
	struct in_addr address = {0};

	if (!*text) { /* where that is allowed */
		memcpy(field, &address, sizeof(address));
		return 0;
	}
	if (inet_pton(AF_INET, text, &address) != 1)
		return refuse(why, "is no IPv4 address");
	if (!IN_MULTICAST(ntohl(address.s_addr)))
		return refuse(why, "is no multicast address, %s", entry->range_text);
	memcpy(field, &address, sizeof(address));
	return 0;
}

static struct in_addr mask_of(unsigned prefix_length)
{
	return (struct in_addr){htonl(prefix_length ? UINT32_MAX << (32 - prefix_length) : 0)};
}

/* Reads A.B.C.D or A.B.C.D/P. *PREFIX_LENGTH is 33 if there is no /P. */
static bool read_address(const char *text, struct in_addr *address, unsigned *prefix_length)
{
	const char *slash = strchr(text, '/');
	size_t length = slash ? (size_t)(slash - text) : strlen(text);
	char quad[INET_ADDRSTRLEN];
	uint64_t value = 33;

	if (length >= sizeof(quad))
		return false;
	memcpy(quad, text, length);
	quad[length] = '\0';
	if (inet_pton(AF_INET, quad, address) != 1)
		return false;
	if (slash && (read_digits(slash + 1, 10, &value) || value > 32))
		return false;
	*prefix_length = (unsigned)value;
	return true;
}

static int compare_prefixes(const struct gb_prefix *a, const struct gb_prefix *b)
{
	uint64_t left = (uint64_t)ntohl(a->address.s_addr) << 32 | ntohl(a->mask.s_addr);
	uint64_t right = (uint64_t)ntohl(b->address.s_addr) << 32 | ntohl(b->mask.s_addr);

	return left < right ? -1 : left > right;
}

/* Kept in order and each once, so that two lists that allow the same prefixes are equal. False if there is no room. */
static bool insert_prefix(struct gb_sources *sources, const struct gb_prefix *prefix)
{
	unsigned at = 0;

	while (at < sources->count && compare_prefixes(&sources->prefix[at], prefix) < 0)
		at++;
	if (at < sources->count && compare_prefixes(&sources->prefix[at], prefix) == 0)
		return true;
	if (sources->count == GB_CONFIG_SOURCES_MAX)
		return false;
	memmove(&sources->prefix[at + 1], &sources->prefix[at], (sources->count - at) * sizeof(*prefix));
	sources->prefix[at] = *prefix;
	sources->count++;
	return true;
}

static int add_source(struct gb_sources *sources, const char *text, struct gb_config_why *why)
{
	char shown[SHOWN_MAX], right[INET_ADDRSTRLEN];
	struct gb_prefix prefix;
	struct in_addr address;
	unsigned length;

	gb_config_show(shown, sizeof(shown), text);
	if (strcasecmp(text, "any") == 0)
		return refuse(why, "'any' stands alone, without addresses beside it");
	if (!read_address(text, &address, &length))
		return refuse(why, "'%s' is neither an IPv4 address nor a prefix such as 10.1.0.0/16", shown);
	if (length > 32)
		length = 32;
	prefix.mask = mask_of(length);
	prefix.address.s_addr = address.s_addr & prefix.mask.s_addr;
	if (prefix.address.s_addr != address.s_addr)
		return refuse(why, "%s has bits set beyond its prefix: write %s/%u, or the address without /%u", shown,
			      inet_ntop(AF_INET, &prefix.address, right, sizeof(right)), length, length);
	if (!insert_prefix(sources, &prefix))
		return refuse(why, "more than %d addresses and prefixes", GB_CONFIG_SOURCES_MAX);
	return 0;
}

/* The next item of a list with commas or blanks between them, into ONE; *TEXT is then behind it. Returns its length, 0 at the
 * end, or -EINVAL.
 */
static int next_item(const char **text, char one[GB_CONFIG_LINE_MAX + 1], struct gb_config_why *why)
{
	const char *item = *text + strspn(*text, ", \t");
	size_t length = strcspn(item, ", \t");

	if (length > GB_CONFIG_LINE_MAX)
		return refuse(why, "too long");
	memcpy(one, item, length);
	one[length] = '\0';
	*text = item + length;
	return (int)length;
}

static int parse_sources(const struct gb_config_entry *entry, const char *text, void *field, struct gb_config_why *why)
{
	struct gb_sources sources = {.count = 0};
	char one[GB_CONFIG_LINE_MAX + 1];
	int length, err = 0;

	(void)entry;
	if (strcasecmp(text, "any") == 0)
		text = "";
	while (!err && (length = next_item(&text, one, why)) != 0)
		err = length < 0 ? length : add_source(&sources, one, why);
	if (!err)
		memcpy(field, &sources, sizeof(sources));
	return err;
}

static bool equal_sources(const void *a, const void *b)
{
	const struct gb_sources *left = a, *right = b;

	if (left->count != right->count)
		return false;
	for (unsigned i = 0; i < left->count; i++)
		if (compare_prefixes(&left->prefix[i], &right->prefix[i]) != 0)
			return false;
	return true;
}

static int add_cpu(struct gb_cpus *cpus, unsigned cpu, struct gb_config_why *why)
{
	for (unsigned i = 0; i < cpus->count; i++)
		if (cpus->cpu[i] == cpu)
			return refuse(why, "CPU %u stands there twice", cpu);
	if (cpus->count == GB_CONFIG_CPUS_MAX)
		return refuse(why, "more than %d CPUs", GB_CONFIG_CPUS_MAX);
	cpus->cpu[cpus->count++] = (uint16_t)cpu;
	return 0;
}

/* N, or N-M for all from N to M. */
static int add_cpus(struct gb_cpus *cpus, const char *text, uint64_t highest, struct gb_config_why *why)
{
	const char *dash = strchr(text, '-');
	size_t length = dash ? (size_t)(dash - text) : strlen(text);
	char first_text[SHOWN_MAX], shown[SHOWN_MAX];
	uint64_t first, last;
	int first_err, last_err, err = 0;

	gb_config_show(shown, sizeof(shown), text);
	if (length >= sizeof(first_text))
		return refuse(why, "'%s' is neither a CPU's number nor a range such as 2-3", shown);
	memcpy(first_text, text, length);
	first_text[length] = '\0';
	first_err = read_digits(first_text, 10, &first);
	last_err = read_digits(dash ? dash + 1 : text, 10, &last);
	if (first_err == -EINVAL || last_err == -EINVAL)
		return refuse(why, "'%s' is neither a CPU's number nor a range such as 2-3", shown);
	if (first_err || last_err || first > highest || last > highest)
		return refuse(why, "'%s': CPUs have numbers from 0 to %u", shown, (unsigned)highest);
	if (last < first)
		return refuse(why, "'%s' goes backwards: write %u-%u", shown, (unsigned)last, (unsigned)first);
	for (; first <= last && !err; first++)
		err = add_cpu(cpus, (unsigned)first, why);
	return err;
}

static int parse_cpus(const struct gb_config_entry *entry, const char *text, void *field, struct gb_config_why *why)
{
	struct gb_cpus cpus = {.count = 0};
	char one[GB_CONFIG_LINE_MAX + 1];
	int length, err = 0;

	while (!err && (length = next_item(&text, one, why)) != 0)
		err = length < 0 ? length : add_cpus(&cpus, one, entry->max, why);
	if (!err)
		memcpy(field, &cpus, sizeof(cpus));
	return err;
}

static int parse_tun_ip(const struct gb_config_entry *entry, const char *text, void *field, struct gb_config_why *why)
{
	struct gb_tun_ip tun_ip;
	unsigned length;

	memset(&tun_ip, 0, sizeof(tun_ip));
	if (strcasecmp(text, "none") == 0) {
		tun_ip.kind = GB_TUN_IP_NONE;
	} else if (strcasecmp(text, "auto") == 0) {
		tun_ip.kind = GB_TUN_IP_AUTO;
	} else {
		tun_ip.kind = GB_TUN_IP_FIXED;
		if (!read_address(text, &tun_ip.address, &length))
			return refuse(why, "is none of %s (such as 192.168.100.5/24)", entry->range_text);
		if (length > 32 && entry->max) /* as the Python service wrote it */
			length = (unsigned)entry->max;
		if (length > 32)
			return refuse(why, "the prefix length is missing, as in %s/24", text);
		if (length == 0)
			return refuse(why, "the prefix length is out of range, 1..32");
		if (ntohl(tun_ip.address.s_addr) >> 24 == 0 || ntohl(tun_ip.address.s_addr) >> 28 >= 14)
			return refuse(why, "is no address that an interface can have");
		tun_ip.prefix_length = (uint8_t)length;
	}
	memcpy(field, &tun_ip, sizeof(tun_ip));
	return 0;
}

static bool equal_tun_ip(const void *a, const void *b)
{
	const struct gb_tun_ip *left = a, *right = b;

	if (left->kind != right->kind)
		return false;
	return left->kind != GB_TUN_IP_FIXED || (left->address.s_addr == right->address.s_addr &&
						 left->prefix_length == right->prefix_length);
}

/* Whether TEXT up to COLON is an IPv4 address or an IPv6 one in brackets. */
static bool is_listen_address(const char *text, const char *colon)
{
	char host[INET6_ADDRSTRLEN];
	struct in6_addr scratch;
	size_t length = (size_t)(colon - text);
	int family = AF_INET;

	if (length >= 2 && text[0] == '[' && text[length - 1] == ']') {
		family = AF_INET6;
		text++;
		length -= 2;
	}
	if (length >= sizeof(host))
		return false;
	memcpy(host, text, length);
	host[length] = '\0';
	return inet_pton(family, host, &scratch) == 1;
}

static int parse_listen(const struct gb_config_entry *entry, const char *text, void *field, struct gb_config_why *why)
{
	const char *colon = strrchr(text, ':');
	uint64_t port;

	if (strcasecmp(text, "off") == 0)
		return store_text(entry, "off", field, why);
	if (!colon || !is_listen_address(text, colon) || read_digits(colon + 1, 10, &port) == -EINVAL)
		return refuse(why, "is none of %s", entry->range_text);
	if (read_digits(colon + 1, 10, &port) || port < 1 || port > 65535)
		return refuse(why, "the port is out of range, 1..65535");
	return store_text(entry, text, field, why);
}

/* A path, or tcp: and an address with its port. */
static int parse_agentx(const struct gb_config_entry *entry, const char *text, void *field, struct gb_config_why *why)
{
	const char *address = text + strlen("tcp:"), *colon = strrchr(text, ':');
	uint64_t port;

	if (strncmp(text, "tcp:", strlen("tcp:")) != 0)
		return parse_path(entry, text, field, why);
	if (colon < address || !is_listen_address(address, colon) || read_digits(colon + 1, 10, &port))
		return refuse(why, "is none of %s", entry->range_text);
	if (port < 1 || port > 65535)
		return refuse(why, "the port is out of range, 1..65535");
	return store_text(entry, text, field, why);
}

/* --- All of them ------------------------------------------------------------ */

const struct gb_config_type gb_config_type_boolean = {.parse = parse_boolean};
const struct gb_config_type gb_config_type_number = {.parse = parse_number};
const struct gb_config_type gb_config_type_path_mtu = {.parse = parse_path_mtu};
const struct gb_config_type gb_config_type_identifier = {.parse = parse_identifier};
const struct gb_config_type gb_config_type_word = {.parse = parse_word};
const struct gb_config_type gb_config_type_text = {.parse = parse_text, .equal = equal_text};
const struct gb_config_type gb_config_type_line = {.parse = parse_line, .equal = equal_text};
const struct gb_config_type gb_config_type_path = {.parse = parse_path, .equal = equal_text};
const struct gb_config_type gb_config_type_interface = {.parse = parse_interface, .equal = equal_text};
const struct gb_config_type gb_config_type_group = {.parse = parse_group};
const struct gb_config_type gb_config_type_path_mode = {.parse = parse_path_mode};
const struct gb_config_type gb_config_type_sources = {.parse = parse_sources, .equal = equal_sources};
const struct gb_config_type gb_config_type_cpus = {.parse = parse_cpus};
const struct gb_config_type gb_config_type_tun_ip = {.parse = parse_tun_ip, .equal = equal_tun_ip};
const struct gb_config_type gb_config_type_listen = {.parse = parse_listen, .equal = equal_text};
const struct gb_config_type gb_config_type_agentx = {.parse = parse_agentx, .equal = equal_text};

int gb_config_type_parse(const struct gb_config_entry *entry, const char *text, void *field, struct gb_config_why *why)
{
	size_t length = strlen(text);

	if (length == 0 && !(entry->flags & GB_CONFIG_EMPTY))
		return refuse(why, "the value is missing");
	if (length > 1 && (text[0] == '"' || text[0] == '\'') && text[length - 1] == text[0])
		return refuse(why, "write it without quotes");
	for (const char *c = text; *c; c++)
		if (is_control(*c) && *c != '\t')
			return refuse(why, "control characters are not allowed in it");
	return entry->type->parse(entry, text, field, why);
}

bool gb_config_type_equal(const struct gb_config_entry *entry, const void *a, const void *b)
{
	return entry->type->equal ? entry->type->equal(a, b) : memcmp(a, b, entry->size) == 0;
}
