/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-benchmark: what this host's bridge says of itself. */
#ifndef TOOLS_BENCHMARK_SERVICE_H
#define TOOLS_BENCHMARK_SERVICE_H

#include "benchmark_result.h"

/* Asks the service at SOCKET_PATH, for a second at most. */
void benchmark_service_ask(const char *socket_path, struct benchmark_bridge *bridge);

/* Asks again. What was dropped since BEFORE is in *SINCE; the rest as it is now. */
void benchmark_service_ask_again(const char *socket_path, const struct benchmark_bridge *before,
				 struct benchmark_bridge *since);

#endif
