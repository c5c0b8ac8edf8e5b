/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TRANSPORT_PRIVATE_H
#define TRANSPORT_PRIVATE_H

#include <goose-bridge/transport.h>
#include <stdatomic.h>

struct gb_transport {
	struct gb_transport_settings settings;
	atomic_uint references;
	int receive_fd;
	int send_fd;
	bool segment; /* UDP_SEGMENT works; the sending worker's */
	uint32_t overflow_seen; /* SO_RXQ_OVFL as last handed out; the receiving worker's */
};

#endif
