/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-security-check: what makes multicast fail silently, here and in AWS. */
#include "check.h"
#include "check_aws.h"
#include "check_local.h"
#include "check_mend.h"

#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_CONFIG GB_SYSCONFDIR "/goose-bridge/goose-bridge.conf"

_Static_assert(CHECK_PATHS_MAX == GB_CONFIG_PATHS_MAX, "a list has room for each path");

enum { EXIT_FINE = 0, EXIT_BAD_NEWS = 1, EXIT_USAGE = 2 };

struct options {
	const char *config_file;
	const char *socket;    /* NULL: the configuration's */
	const char *domain_id; /* NULL: the configuration's */
	bool json;
	bool fix;
	bool yes;
};

static void usage(FILE *out)
{
	fputs("usage: goose-bridge-security-check [-j] [-c FILE] [-s SOCKET] [--domain ID] [--fix [--yes]]\n"
	      "\n"
	      "Checks what makes multicast fail silently: on this host, and in AWS if it is there.\n"
	      "\n"
	      "  -c, --config FILE    configuration (" DEFAULT_CONFIG ")\n"
	      "  -s, --socket SOCKET  control socket of the service (the configuration's)\n"
	      "  -j, --json           the answer as one line of JSON\n"
	      "      --domain ID      multicast domain of the transit gateway (the configuration's)\n"
	      "      --fix            mend what can be mended safely; asks before each change\n"
	      "      --yes            with --fix: does not ask\n"
	      "  -h, --help           this text\n"
	      "  -V, --version        version of this program\n"
	      "\n"
	      "Exit status: 0 nothing fails, 1 something fails, 2 wrong usage.\n",
	      out);
}

/* Returns -1 to go on, or the exit status. */
static int parse(struct options *o, int argc, char **argv)
{
	static const struct option known[] = {
		{"config", required_argument, NULL, 'c'},
		{"socket", required_argument, NULL, 's'},
		{"json", no_argument, NULL, 'j'},
		{"domain", required_argument, NULL, 'd'},
		{"fix", no_argument, NULL, 'f'},
		{"yes", no_argument, NULL, 'y'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{NULL, 0, NULL, 0},
	};
	int option;

	*o = (struct options){.config_file = DEFAULT_CONFIG};
	while ((option = getopt_long(argc, argv, "c:s:jhV", known, NULL)) != -1) {
		switch (option) {
		case 'c':
			o->config_file = optarg;
			break;
		case 's':
			o->socket = optarg;
			break;
		case 'j':
			o->json = true;
			break;
		case 'd':
			o->domain_id = optarg;
			break;
		case 'f':
			o->fix = true;
			break;
		case 'y':
			o->yes = true;
			break;
		case 'h':
			usage(stdout);
			return EXIT_FINE;
		case 'V':
			puts("goose-bridge-security-check " PACKAGE_VERSION);
			return EXIT_FINE;
		default:
			usage(stderr);
			return EXIT_USAGE;
		}
	}
	if (optind < argc || (o->yes && !o->fix)) {
		if (optind < argc)
			fprintf(stderr, "goose-bridge-security-check: '%s' is not an option\n", argv[optind]);
		else
			fputs("goose-bridge-security-check: --yes is for --fix\n", stderr);
		usage(stderr);
		return EXIT_USAGE;
	}
	return -1;
}

/* Only the first error: the whole list is goose-bridge -t's. */
static void note_error(void *facts, enum gb_config_severity severity, const char *file, unsigned line, const char *text)
{
	struct local_facts *f = facts;

	gb_config_first_error(f->config_error, sizeof(f->config_error), severity, file, line, text);
}

static void load_config(const struct options *o, struct gb_config *config, struct local_facts *facts)
{
	gb_config_defaults(config);
	if (access(o->config_file, R_OK) == 0)
		gb_config_load(o->config_file, config, note_error, facts);
	else if (errno == ENOENT && strcmp(o->config_file, DEFAULT_CONFIG) == 0)
		facts->config_missing = true;
	else {
		facts->config_unreadable = errno == EACCES;
		snprintf(facts->config_error, sizeof(facts->config_error), "%s cannot be read: %s", o->config_file,
			 strerror(errno));
	}
}

/* What is known of the service as a whole, for each of its paths: CONFIG gets what the file would be if it were the only one.
 * Returns how many there are.
 */
static unsigned part_paths(struct gb_config config[], struct local_facts facts[])
{
	struct gb_config_path path[GB_CONFIG_PATHS_MAX];
	unsigned count = gb_config_paths(&config[0], path);

	for (unsigned i = count; i-- > 0;) {
		config[i] = config[0];
		memcpy(config[i].interface, path[i].interface, sizeof(path[i].interface));
		memcpy(config[i].multicast_interface, path[i].multicast_interface, sizeof(path[i].multicast_interface));
		memcpy(config[i].tgw_multicast_domain_id, path[i].tgw_multicast_domain_id,
		       sizeof(path[i].tgw_multicast_domain_id));
		config[i].multicast_ip = path[i].multicast_ip;
		facts[i] = facts[0];
		facts[i].config = &config[i];
		facts[i].path = i;
		if (count > 1)
			memcpy(facts[i].other_interface, path[!i].interface, sizeof(path[!i].interface));
	}
	return count;
}

static void run_checks(const struct options *o, struct check_list *list, struct aws_session **session)
{
	struct gb_config config[GB_CONFIG_PATHS_MAX];
	struct local_facts facts[GB_CONFIG_PATHS_MAX] = {{.config = &config[0], .config_file = o->config_file}};
	struct firewall_facts firewall;
	unsigned paths;

	load_config(o, &config[0], &facts[0]);
	facts[0].socket = o->socket ? o->socket : config[0].control_socket;
	facts[0].systemd = access("/run/systemd/system", F_OK) == 0 && strcmp(o->config_file, DEFAULT_CONFIG) == 0;
	paths = part_paths(config, facts);
	check_aws_open(session, facts, paths, o->domain_id, list);
	check_gather(facts, paths);
	check_gather_firewall(&firewall);
	for (unsigned i = 0; i < paths; i++) {
		if (paths > 1)
			memcpy(list->path, facts[i].config->interface, sizeof(list->path));
		check_judge_local(list, &facts[i]);
		check_judge_firewall(list, &facts[i], &firewall);
		if (*session)
			check_aws_ask(*session, &facts[i], list);
	}
	check_free_firewall(&firewall);
	check_say_once(list);
}

static int report(const struct options *o, const struct check_list *list)
{
	int error = 0;

	if (o->json)
		error = check_print_json(stdout, list);
	else
		check_print(stdout, list);
	if (error || fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "goose-bridge-security-check: writing failed: %s\n", strerror(error ? -error : errno));
		return EXIT_BAD_NEWS;
	}
	return check_count(list, CHECK_FAIL) ? EXIT_BAD_NEWS : EXIT_FINE;
}

int main(int argc, char **argv)
{
	struct check_list list = {0};
	struct aws_session *session = NULL;
	struct options options;
	int status = parse(&options, argc, argv);

	if (status >= 0)
		return status;
	run_checks(&options, &list, &session);
	if (options.fix) {
		FILE *out = options.json ? stderr : stdout; /* JSON stays one line */

		if (!options.json)
			check_print(out, &list);
		if (check_mend_all(&list, session, options.yes, out)) {
			check_aws_close(session);
			check_clear(&list);
			if (!options.json)
				fputs("Checked again:\n", out);
			run_checks(&options, &list, &session);
			status = report(&options, &list);
		} else {
			status = options.json			  ? report(&options, &list)
				 : check_count(&list, CHECK_FAIL) ? EXIT_BAD_NEWS
								  : EXIT_FINE;
		}
	} else {
		status = report(&options, &list);
	}
	check_aws_close(session);
	check_clear(&list);
	return status;
}
