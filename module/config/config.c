/* SPDX-License-Identifier: Apache-2.0 */
#include <goose-bridge/config.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reader.h"
#include "table.h"
#include "types.h"

#define SHOWN_MAX  64 /* octets of a key or value that a report shows */
#define REPORT_MAX 512

/* A configuration in the making. The caller's is touched only once all of it is right. */
struct load {
	struct gb_config draft;
	const char *name; /* of the file */
	gb_config_report *report;
	void *arg;
	bool bad;
	unsigned line; /* the one that is being looked at */
	unsigned lines[GB_CONFIG_KEYS_MAX]; /* where each key stood last; 0 = nowhere */
};

__attribute__((format(printf, 4, 5)))
static void tell(struct load *load, enum gb_config_severity severity, unsigned line, const char *format, ...)
{
	char text[REPORT_MAX];
	va_list args;

	if (severity == GB_CONFIG_ERROR)
		load->bad = true;
	if (!load->report)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	load->report(load->arg, severity, load->name, line, text);
}

/* --- What keys say of each other -------------------------------------------- */

#define ENTRY_OF(field)	     gb_config_table_find(#field)
#define GIVEN(config, field) is_given(config, ENTRY_OF(field))

static bool is_given(const struct gb_config *config, const struct gb_config_entry *entry)
{
	size_t i = gb_config_table_index(entry);

	return config->given[i / 64] >> i % 64 & 1;
}

static void set_given(struct gb_config *config, const struct gb_config_entry *entry, bool given)
{
	size_t i = gb_config_table_index(entry);
	uint64_t bit = UINT64_C(1) << i % 64;

	config->given[i / 64] = given ? config->given[i / 64] | bit : config->given[i / 64] & ~bit;
}

static void set_default(struct gb_config *config, const struct gb_config_entry *entry)
{
	struct gb_config_why why;

	/* A unit test sees to it that every default is a value of its type. */
	gb_config_type_parse(entry, entry->default_text, gb_config_field_of(entry, config), &why);
}

/* Puts "-INTERFACE" before the suffix of a default path: .../control.sock becomes .../control-goose1.sock. */
static void set_instance_path(struct gb_config *config, const struct gb_config_entry *entry, const char *interface)
{
	const char *suffix = strrchr(entry->default_text, '.');

	snprintf(gb_config_field_of(entry, config), entry->size, "%.*s-%s%s", (int)(suffix - entry->default_text),
		 entry->default_text, interface, suffix);
}

/* Gives the keys that were not set, and follow others, the values that these have now. */
static void settle(struct gb_config *config)
{
	struct gb_config_path path[GB_CONFIG_PATHS_MAX];

	gb_config_paths(config, path);
	bool first = strcmp(path[0].interface, ENTRY_OF(interface)->default_text) == 0;

	for (size_t i = 0; i < gb_config_table_length; i++) {
		const struct gb_config_entry *entry = &gb_config_table[i];

		if (!(entry->flags & GB_CONFIG_INSTANCE) || is_given(config, entry))
			continue;
		if (first)
			set_default(config, entry);
		else
			set_instance_path(config, entry, path[0].interface);
	}
	/* The Python service wrote its statistics at each health check, and had no other key for it. */
	if (!GIVEN(config, stats_export_interval)) {
		set_default(config, ENTRY_OF(stats_export_interval));
		if (GIVEN(config, health_check_interval))
			config->stats_export_interval = config->health_check_interval;
	}
}

static unsigned line_of(const struct load *load, const struct gb_config_entry *entry)
{
	return load->lines[gb_config_table_index(entry)];
}

/* The later line of two that do not go together. */
static unsigned later_line(const struct load *load, const struct gb_config_entry *a, const struct gb_config_entry *b)
{
	return line_of(load, a) > line_of(load, b) ? line_of(load, a) : line_of(load, b);
}

static void check_interfaces(struct load *load)
{
	struct gb_config_path path[GB_CONFIG_PATHS_MAX];
	unsigned paths = gb_config_paths(&load->draft, path);

	for (unsigned i = 0; i < paths * paths; i++) {
		const char *outer = path[i / paths].multicast_interface;

		if (!*outer || strcmp(outer, path[i % paths].interface) != 0)
			continue;
		tell(load, GB_CONFIG_ERROR, later_line(load, ENTRY_OF(interface), ENTRY_OF(multicast_interface)),
		     "multicast_interface = %s: is the GOOSE interface itself, the one towards the network is wanted", outer);
		return;
	}
}

/* --- Two paths -------------------------------------------------------------- */

/* Keys that say something of a path where there are two, and which key stands in for the first path's. */
static const char *const path_keys[][3] = {
	{"primary_interface", "backup_interface", "interface"},
	{"primary_multicast_ip", "backup_multicast_ip", "multicast_ip"},
	{"primary_multicast_interface", "backup_multicast_interface", NULL},
	{"primary_tun_ip", "backup_tun_ip", NULL},
	{"primary_tgw_multicast_domain_id", "backup_tgw_multicast_domain_id", NULL},
};
#define PATH_KEYS (sizeof(path_keys) / sizeof(path_keys[0]))

/* Whoever wrote these may believe that he has two paths. */
static void warn_of_idle_path_keys(struct load *load)
{
	struct gb_config defaults;

	gb_config_defaults(&defaults);
	for (size_t i = 0; i < 2 * PATH_KEYS; i++) {
		const struct gb_config_entry *entry = gb_config_table_find(path_keys[i / 2][i % 2]);

		if (line_of(load, entry) && !gb_config_type_equal(entry, gb_config_field(entry, &load->draft),
								  gb_config_field(entry, &defaults)))
			tell(load, GB_CONFIG_WARNING, line_of(load, entry),
			     "%s has no effect without enable_dual_path = true", entry->name);
	}
}

static void check_twice(struct load *load, const struct gb_config_entry *one, const struct gb_config_entry *other,
			const char *value)
{
	tell(load, GB_CONFIG_ERROR, later_line(load, one, other), "%s = %s: is also the first path's; each path needs its own",
	     other->name, value);
}

static void check_missing(struct load *load, const struct gb_config_entry *entry, bool missing, const char *example)
{
	bool refused = line_of(load, entry) && !is_given(&load->draft, entry); /* and so said already */

	if (missing && !refused)
		tell(load, GB_CONFIG_ERROR, line_of(load, ENTRY_OF(enable_dual_path)),
		     "enable_dual_path = true: the second path wants %s, such as %s", entry->name, example);
}

/* That of the first path stands twice, and only one of them counts. */
static void warn_of_shadowed(struct load *load)
{
	for (size_t i = 0; i < PATH_KEYS; i++) {
		const struct gb_config_entry *one = gb_config_table_find(path_keys[i][0]);
		const struct gb_config_entry *other = path_keys[i][2] ? gb_config_table_find(path_keys[i][2]) : NULL;

		if (other && line_of(load, one) && line_of(load, other) && one->type == other->type &&
		    !gb_config_type_equal(one, gb_config_field(one, &load->draft), gb_config_field(other, &load->draft)))
			tell(load, GB_CONFIG_WARNING, line_of(load, other), "%s has no effect beside %s", other->name,
			     one->name);
	}
}

static void check_paths(struct load *load)
{
	struct gb_config_path path[GB_CONFIG_PATHS_MAX];
	char text[INET_ADDRSTRLEN];

	if (gb_config_paths(&load->draft, path) < 2) {
		warn_of_idle_path_keys(load);
		return;
	}
	warn_of_shadowed(load);
	check_missing(load, ENTRY_OF(backup_interface), !path[1].interface[0], "goose1");
	check_missing(load, ENTRY_OF(backup_multicast_ip), path[1].multicast_ip.s_addr == 0, "224.0.1.101");
	if (strcmp(path[0].interface, path[1].interface) == 0)
		check_twice(load, ENTRY_OF(primary_interface), ENTRY_OF(backup_interface), path[1].interface);
	if (path[0].multicast_ip.s_addr == path[1].multicast_ip.s_addr)
		check_twice(load, ENTRY_OF(primary_multicast_ip), ENTRY_OF(backup_multicast_ip),
			    inet_ntop(AF_INET, &path[1].multicast_ip, text, sizeof(text)));
	if (path[0].tun_ip.kind == GB_TUN_IP_FIXED && path[1].tun_ip.kind == GB_TUN_IP_FIXED &&
	    path[0].tun_ip.address.s_addr == path[1].tun_ip.address.s_addr)
		check_twice(load, ENTRY_OF(primary_tun_ip), ENTRY_OF(backup_tun_ip),
			    inet_ntop(AF_INET, &path[1].tun_ip.address, text, sizeof(text)));
}

/* Two keys that name one file would have this service overwrite its own. */
static void check_files(struct load *load)
{
	char shown[SHOWN_MAX];

	for (size_t i = 0; i < gb_config_table_length; i++) {
		const struct gb_config_entry *one = &gb_config_table[i];
		const char *path = gb_config_field(one, &load->draft);

		for (size_t k = 0; k < i && one->flags & GB_CONFIG_FILE && path[0]; k++) {
			const struct gb_config_entry *other = &gb_config_table[k];

			if (!(other->flags & GB_CONFIG_FILE) ||
			    strcmp(path, gb_config_field(other, &load->draft)) != 0)
				continue;
			gb_config_show(shown, sizeof(shown), path);
			tell(load, GB_CONFIG_ERROR, later_line(load, one, other),
			     "%s = %s: is also %s, each needs its own", one->name, shown, other->name);
		}
	}
}

/* All that can be said only once every key is there. */
static void finish(struct load *load)
{
	settle(&load->draft);
	check_interfaces(load);
	check_paths(load);
	check_files(load);
}

/* --- One key ---------------------------------------------------------------- */

static void take_unknown_key(struct load *load, const char *key, const char *as_written)
{
	const char *nearest = gb_config_table_nearest(key);
	/* A file may be older or newer than this program; an option of the command line cannot. */
	enum gb_config_severity severity = load->line ? GB_CONFIG_WARNING : GB_CONFIG_ERROR;
	char shown[SHOWN_MAX];

	gb_config_show(shown, sizeof(shown), as_written);
	if (nearest)
		tell(load, severity, load->line, "unknown key '%s': did you mean '%s'?", shown, nearest);
	else
		tell(load, severity, load->line, "unknown key '%s': it has no effect", shown);
}

/* Keys are the same in any case, as they are for configparser. */
static void fold_case(char *folded, size_t size, const char *key)
{
	size_t i = 0;

	for (; key[i] && i < size - 1; i++)
		folded[i] = key[i] >= 'A' && key[i] <= 'Z' ? (char)(key[i] - 'A' + 'a') : key[i];
	folded[i] = '\0';
}

static void take_key(struct load *load, const char *as_written, const char *value)
{
	const struct gb_config_entry *entry;
	char key[GB_CONFIG_LINE_MAX + 1], shown[SHOWN_MAX];
	struct gb_config_why why;
	unsigned *line;

	fold_case(key, sizeof(key), as_written);
	entry = gb_config_table_find(key);
	if (!entry) {
		take_unknown_key(load, key, as_written);
		return;
	}
	line = &load->lines[gb_config_table_index(entry)];
	if (*line)
		tell(load, GB_CONFIG_WARNING, load->line, "%s is given again; this line counts, line %u does not", key,
		     *line);
	*line = load->line;
	if (gb_config_type_parse(entry, value, gb_config_field_of(entry, &load->draft), &why)) {
		tell(load, GB_CONFIG_ERROR, load->line, "%s = %s: %s", key, gb_config_show(shown, sizeof(shown), value),
		     why.text);
		return;
	}
	set_given(&load->draft, entry, true);
	if (entry == ENTRY_OF(expect_stream))
		load->draft.expect_stream_line = load->line;
}

static void copy_span(char *buffer, struct gb_config_span span)
{
	memcpy(buffer, span.at, span.length);
	buffer[span.length] = '\0';
}

static void take_item(struct load *load, const struct gb_config_item *item)
{
	/* A span is part of a line, whose length the reader has checked. */
	char key[GB_CONFIG_LINE_MAX + 1], value[GB_CONFIG_LINE_MAX + 1];

	load->line = item->line;
	switch (item->kind) {
	case GB_CONFIG_ITEM_KEY:
		copy_span(key, item->key);
		copy_span(value, item->value);
		take_key(load, key, value);
		break;
	case GB_CONFIG_ITEM_NOTE:
		tell(load, GB_CONFIG_WARNING, item->line, "%s", item->problem);
		break;
	case GB_CONFIG_ITEM_BAD:
		tell(load, GB_CONFIG_ERROR, item->line, "%s", item->problem);
		break;
	}
}

/* --- The whole -------------------------------------------------------------- */

void gb_config_defaults(struct gb_config *config)
{
	memset(config, 0, sizeof(*config));
	for (size_t i = 0; i < gb_config_table_length; i++)
		set_default(config, &gb_config_table[i]);
}

int gb_config_parse(const char *name, const char *text, size_t length, struct gb_config *config,
		    gb_config_report *report, void *arg)
{
	struct gb_config_reader reader = gb_config_reader(text, length);
	struct load load = {.name = name, .report = report, .arg = arg};
	struct gb_config_item item;

	gb_config_defaults(&load.draft);
	while (gb_config_read(&reader, &item))
		take_item(&load, &item);
	finish(&load);
	if (load.bad)
		return -EINVAL;
	*config = load.draft;
	return 0;
}

int gb_config_set(struct gb_config *config, const char *key, const char *value, gb_config_report *report, void *arg)
{
	struct load load = {.draft = *config, .name = "command line", .report = report, .arg = arg};
	struct gb_config_span span = gb_config_trim((struct gb_config_span){value, strlen(value)});
	char trimmed[GB_CONFIG_LINE_MAX + 1];

	if (strlen(key) > GB_CONFIG_LINE_MAX || span.length > GB_CONFIG_LINE_MAX) {
		tell(&load, GB_CONFIG_ERROR, 0, "a value is longer than %d octets", GB_CONFIG_LINE_MAX);
		return -EINVAL;
	}
	if (!gb_config_is_utf8(key, strlen(key)) || !gb_config_is_utf8(span.at, span.length)) {
		tell(&load, GB_CONFIG_ERROR, 0, "a value is not UTF-8");
		return -EINVAL;
	}
	copy_span(trimmed, span);
	take_key(&load, key, trimmed);
	finish(&load);
	if (load.bad)
		return -EINVAL;
	*config = load.draft;
	return 0;
}

void gb_config_first_error(char *out, size_t size, enum gb_config_severity severity, const char *file, unsigned line,
			   const char *text)
{
	if (severity != GB_CONFIG_ERROR || *out)
		return;
	if (line)
		snprintf(out, size, "%s:%u: %s", file, line, text);
	else
		snprintf(out, size, "%s: %s", file, text);
}

static void take_name(char *to, const char *own, const char *common)
{
	snprintf(to, IFNAMSIZ, "%s", *own ? own : common);
}

static void take_domain(struct gb_config_path *path, const struct gb_config *config, const struct gb_config_entry *own)
{
	const struct gb_config_entry *entry = is_given(config, own) ? own : ENTRY_OF(tgw_multicast_domain_id);

	path->tgw_domain_given = is_given(config, entry);
	memcpy(path->tgw_multicast_domain_id, gb_config_field(entry, config), sizeof(path->tgw_multicast_domain_id));
}

unsigned gb_config_paths(const struct gb_config *config, struct gb_config_path path[GB_CONFIG_PATHS_MAX])
{
	const struct gb_config *c = config;
	bool dual = c->enable_dual_path;

	memset(path, 0, GB_CONFIG_PATHS_MAX * sizeof(*path));
	take_name(path[0].interface, dual ? c->primary_interface : "", c->interface);
	take_name(path[0].multicast_interface, dual ? c->primary_multicast_interface : "", c->multicast_interface);
	path[0].multicast_ip = dual && c->primary_multicast_ip.s_addr ? c->primary_multicast_ip : c->multicast_ip;
	path[0].tun_ip = dual && GIVEN(c, primary_tun_ip) ? c->primary_tun_ip : c->tun_ip;
	take_domain(&path[0], c, dual ? ENTRY_OF(primary_tgw_multicast_domain_id) : ENTRY_OF(tgw_multicast_domain_id));
	if (!dual)
		return 1;
	path[1].id = 1;
	take_name(path[1].interface, c->backup_interface, "");
	take_name(path[1].multicast_interface, c->backup_multicast_interface, c->multicast_interface);
	path[1].multicast_ip = c->backup_multicast_ip;
	path[1].tun_ip = c->backup_tun_ip;
	take_domain(&path[1], c, ENTRY_OF(backup_tgw_multicast_domain_id));
	return 2;
}

/* Reads all of FD into TEXT, which has room for one octet more than a file may have. Returns 0, or negative errno. */
static int read_file(int fd, char *text, size_t *length)
{
	ssize_t n;

	*length = 0;
	do {
		n = read(fd, text + *length, GB_CONFIG_FILE_MAX + 1 - *length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		*length += (size_t)n;
		if (*length > GB_CONFIG_FILE_MAX)
			return -EFBIG;
	} while (n != 0);
	return 0;
}

/* A reload never waits for a pipe or a terminal: what is read must be there at once.
 * Returns an fd, or negative errno.
 */
static int open_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;
	int err = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &status))
		err = -errno;
	else if (S_ISDIR(status.st_mode))
		err = -EISDIR;
	else if (!S_ISREG(status.st_mode) && !S_ISCHR(status.st_mode)) /* /dev/null is an empty file */
		err = -ESPIPE;
	if (!err)
		return fd;
	close(fd);
	return err;
}

static int report_unreadable(const char *path, int err, gb_config_report *report, void *arg)
{
	struct load load = {.name = path, .report = report, .arg = arg};

	if (err == -EISDIR)
		tell(&load, GB_CONFIG_ERROR, 0, "is a directory, a file is wanted");
	else if (err == -ESPIPE)
		tell(&load, GB_CONFIG_ERROR, 0, "is no regular file");
	else if (err == -EFBIG)
		tell(&load, GB_CONFIG_ERROR, 0, "is larger than %d KiB: this is no configuration file",
		     GB_CONFIG_FILE_MAX / 1024);
	else
		tell(&load, GB_CONFIG_ERROR, 0, "cannot be read: %s", strerror(-err));
	return err;
}

int gb_config_read_file(const char *path, char **text, size_t *length, gb_config_report *report, void *arg)
{
	char *room = NULL;
	size_t taken;
	int fd, err;

	fd = open_file(path);
	if (fd < 0)
		return report_unreadable(path, fd, report, arg);
	room = malloc(GB_CONFIG_FILE_MAX + 1);
	err = room ? read_file(fd, room, &taken) : -ENOMEM;
	close(fd);
	if (err) {
		free(room);
		return report_unreadable(path, err, report, arg);
	}
	*text = room;
	*length = taken;
	return 0;
}

int gb_config_load(const char *path, struct gb_config *config, gb_config_report *report, void *arg)
{
	char *text;
	size_t length;
	int err = gb_config_read_file(path, &text, &length, report, arg);

	if (err)
		return err;
	err = gb_config_parse(path, text, length, config, report, arg);
	free(text);
	return err;
}

unsigned gb_config_diff(const struct gb_config *before, const struct gb_config *after, gb_config_changed *changed,
			void *arg)
{
	unsigned differ = 0;

	for (size_t i = 0; i < gb_config_table_length; i++) {
		const struct gb_config_entry *entry = &gb_config_table[i];

		if (gb_config_type_equal(entry, gb_config_field(entry, before), gb_config_field(entry, after)))
			continue;
		differ++;
		if (changed)
			changed(arg, entry->name, entry->flags & GB_CONFIG_RELOAD);
	}
	return differ;
}

void gb_config_apply_reloadable(struct gb_config *config, const struct gb_config *fresh)
{
	for (size_t i = 0; i < gb_config_table_length; i++) {
		const struct gb_config_entry *entry = &gb_config_table[i];

		if (!(entry->flags & GB_CONFIG_RELOAD))
			continue;
		memcpy(gb_config_field_of(entry, config), gb_config_field(entry, fresh), entry->size);
		set_given(config, entry, is_given(fresh, entry));
	}
	settle(config);
}
