/* SPDX-License-Identifier: Apache-2.0 */
/* Any octets as a configuration file: they are refused, or what comes of them keeps the promises of the table. */
#include <goose-bridge/config.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void read_report(void *arg, enum gb_config_severity severity, const char *file, unsigned line, const char *text)
{
	unsigned *errors = arg;

	(void)file;
	(void)line;
	require(text[0] != '\0' && !strpbrk(text, "\n\r\033"));
	*errors += severity == GB_CONFIG_ERROR;
}

static void check_strings(const struct gb_config *config)
{
	require(strnlen(config->interface, IFNAMSIZ) < IFNAMSIZ && config->interface[0]);
	require(strnlen(config->multicast_interface, IFNAMSIZ) < IFNAMSIZ);
	require(strcmp(config->interface, config->multicast_interface) != 0);
	require(config->log_file[0] == '/' || config->log_file[0] == '\0');
	require(config->stats_file[0] == '/' && config->pid_file[0] == '/');
	require(strnlen(config->control_socket, GB_CONFIG_PATH_MAX) <= 107);
	require(strnlen(config->agentx_socket, GB_CONFIG_PATH_MAX) <= 107);
	require(strnlen(config->log_file, GB_CONFIG_PATH_MAX) < GB_CONFIG_PATH_MAX);
	require(strnlen(config->metrics_listen, sizeof(config->metrics_listen)) < sizeof(config->metrics_listen));
	require(strnlen(config->user, sizeof(config->user)) < sizeof(config->user));
}

static void check_numbers(const struct gb_config *config)
{
	require(IN_MULTICAST(ntohl(config->multicast_ip.s_addr)));
	require(config->multicast_port >= 1);
	require(config->path_mtu == 0 || (config->path_mtu >= 576 && config->path_mtu <= 9216));
	require(config->batch_size >= 1 && config->batch_size <= 256);
	require(config->busy_poll_us <= 100000 && config->realtime_priority <= 99);
	require(config->cpu_affinity.count <= GB_CONFIG_CPUS_MAX);
	for (unsigned i = 0; i < config->cpu_affinity.count; i++)
		require(config->cpu_affinity.cpu[i] <= GB_CONFIG_CPU_LAST);
	require(config->worker_threads >= 1 && config->worker_threads <= 64);
	require(config->dscp <= 63);
	require(config->allow_sources.count <= GB_CONFIG_SOURCES_MAX);
	for (unsigned i = 0; i < config->allow_sources.count; i++)
		require((config->allow_sources.prefix[i].address.s_addr &
			 ~config->allow_sources.prefix[i].mask.s_addr) == 0);
}

/* A reload with the same file changes nothing, and one with the defaults takes all reloadable keys back. */
static void check_reload(const struct gb_config *config)
{
	struct gb_config copy = *config, defaults;

	require(gb_config_diff(config, &copy, NULL, NULL) == 0);
	gb_config_apply_reloadable(&copy, config);
	require(gb_config_diff(config, &copy, NULL, NULL) == 0);
	gb_config_defaults(&defaults);
	gb_config_apply_reloadable(&copy, &defaults);
	check_strings(&copy);
	gb_config_apply_reloadable(&defaults, config);
	check_strings(&defaults);
}

static void try_set(const uint8_t *data, size_t size)
{
	const uint8_t *split = memchr(data, '=', size);
	struct gb_config config;
	unsigned errors = 0;
	char *key, *value;
	int err;

	if (!split)
		return;
	key = strndup((const char *)data, (size_t)(split - data));
	value = strndup((const char *)split + 1, size - (size_t)(split - data) - 1);
	if (key && value) {
		gb_config_defaults(&config);
		err = gb_config_set(&config, key, value, read_report, &errors);
		require((err != 0) == (errors != 0));
		check_strings(&config);
		check_numbers(&config);
	}
	free(key);
	free(value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gb_config config;
	unsigned errors = 0;
	int err = gb_config_parse("fuzz", (const char *)data, size, &config, read_report, &errors);

	require((err != 0) == (errors != 0));
	if (!err) {
		check_strings(&config);
		check_numbers(&config);
		check_reload(&config);
	}
	try_set(data, size);
	return 0;
}
