/* SPDX-License-Identifier: Apache-2.0 */
#include <goose-bridge/tunnel.h>

#include "tunnel_private.h"

enum gb_tunnel_verdict gb_tunnel_parse(const uint8_t *octets, size_t length, struct gb_datagram *datagram)
{
	if (gb_native_is(octets, length))
		return gb_native_parse(octets, length, datagram);
	return gb_legacy_parse(octets, length, &datagram->legacy);
}
