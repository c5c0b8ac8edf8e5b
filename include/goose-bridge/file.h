/* SPDX-License-Identifier: Apache-2.0 */
/* base/file: a file that is replaced as a whole, so that nobody ever reads half of one. */
#ifndef GOOSE_BRIDGE_FILE_H
#define GOOSE_BRIDGE_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* Puts LENGTH octets in the place of what is at PATH: a new file beside it, written whole, mode 0644, then renamed over it.
 * Missing directories are not made. DURABLE: it is synced first (fdatasync), as after a power cut it would be empty on some
 * file systems; that may take as long as a slow disk takes. Returns 0 or negative errno; then what was at PATH is untouched.
 */
int gb_file_replace(const char *path, const char *octets, size_t length, bool durable);

#endif
