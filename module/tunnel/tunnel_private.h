/* SPDX-License-Identifier: Apache-2.0 */
/* What parse.c asks of the two formats. */
#ifndef TUNNEL_PRIVATE_H
#define TUNNEL_PRIVATE_H

#include <goose-bridge/tunnel.h>

bool gb_native_is(const uint8_t *octets, size_t length);
enum gb_tunnel_verdict gb_native_parse(const uint8_t *octets, size_t length, struct gb_datagram *datagram);
enum gb_tunnel_verdict gb_legacy_parse(const uint8_t *octets, size_t length, struct gb_legacy_frame *frame);

#endif
