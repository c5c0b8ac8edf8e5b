/* SPDX-License-Identifier: Apache-2.0 */
/* datapath/kernel: the kernel engine's programs and maps, from making or adopting them to taking them away.
 *
 * The programs move frames by themselves, also while no process lives; what is here attaches them, tells them what to work with
 * and says that somebody lives. What they need outlives the process under BPF_DIR/INSTANCE (INSTANCE is goose0's name and the
 * inode of the network namespace), if that is a bpffs. Control thread only. Nothing here logs: what is to be said is returned.
 */
#ifndef GOOSE_BRIDGE_KERNEL_ENGINE_H
#define GOOSE_BRIDGE_KERNEL_ENGINE_H

#include <goose-bridge/config.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GB_KERNEL_ENGINE_TEXT 240

/* A day: no programs forward for longer without a living process. */
#define GB_KERNEL_UNATTENDED_MAX_S 86400

struct gb_kernel_engine;

/* What to carry, and how. All of it may change while frames flow. */
struct gb_kernel_engine_use {
	int goose0; /* index of the interface; 0: not there, nothing is carried */
	bool goose0_up;
	unsigned goose0_mtu; /* longer frames from the network are left to the user engine */
	int network; /* likewise */
	bool network_up;
	bool native; /* wire_format: the programs know no other */
	bool member; /* frames are taken from the group: it was not left on purpose */
	uint8_t source_mac[6]; /* of the network interface */
	bool has_mac;	       /* it has one of 6 octets: else nothing is carried */
	struct in_addr local;  /* its address */
	struct in_addr previous_local; /* before it changed; 0 = none */
	struct in_addr group;
	uint16_t port; /* in the host's byte order */
	uint8_t ttl;
	uint8_t dscp;
	uint16_t path_id;
	unsigned path_mtu; /* octets of IP packet */
	uint64_t sender_id;
	const struct gb_sources *allow_sources;
	bool clock_synchronised;
	uint64_t max_frame_age_ns;
	uint64_t unattended_ns; /* how long frames are carried while no process lives */
};

/* Whether this build has the programs at all. */
bool gb_kernel_engine_is_built(void);

/* Loads the programs onto maps that are adopted, if an earlier process left maps of this layout, or new ones, with EPOCH of
 * their sequences (UTC ns). Nothing is attached yet; what an earlier process attached goes on. Directories and pins of
 * interfaces that are gone are removed. SAID (GB_KERNEL_ENGINE_TEXT octets) gets a sentence: if it fails why, else what has to
 * be known (that nothing is pinned, so that frames stop while the service restarts), or "". USER, if not "", is whom the
 * directory is given to. Returns 0; -EOPNOTSUPP where this build or the kernel has no such engine; -EPERM without CAP_BPF and
 * CAP_NET_ADMIN; or other negative errno.
 */
int gb_kernel_engine_open(struct gb_kernel_engine **engine, const char *bpf_dir, const char *interface, const char *user,
			  uint64_t epoch, char *said);

/* Forgets it. REMOVE: programs, links and pins are taken away; else they stay, and carry on. NULL is no engine. Workers must
 * have stopped.
 */
void gb_kernel_engine_close(struct gb_kernel_engine *engine, bool remove);

/* Attaches the programs where they have to be now, and tells them what to work with. What cannot be had is not carried by them:
 * then SAID (GB_KERNEL_ENGINE_TEXT octets) says why, else it is "". A frame that still waits for the user engine is not
 * overtaken: after programs were attached they begin to carry only once workers have carried what was there before, which
 * gb_kernel_engine_beat finds. Returns 0 or negative errno.
 */
int gb_kernel_engine_follow(struct gb_kernel_engine *engine, const struct gb_kernel_engine_use *use, char *said);

/* Says that somebody lives. To be called each second, and soon after gb_kernel_engine_follow: true is returned as long as
 * programs are still to begin, and then it is to be called again in some milliseconds.
 */
bool gb_kernel_engine_beat(struct gb_kernel_engine *engine, bool clock_synchronised);

/* Whether it carries frames in both directions now. */
bool gb_kernel_engine_carries(const struct gb_kernel_engine *engine);

/* How it is attached: "tcx" or "clsact"; "" if it is not. */
const char *gb_kernel_engine_attachment(const struct gb_kernel_engine *engine);

/* Whether the maps are those of an earlier process. */
bool gb_kernel_engine_is_adopted(const struct gb_kernel_engine *engine);

/* Takes programs, links and pins of the instance of INTERFACE in this network namespace away, whether or not a service lives
 * and whether or not INTERFACE does. Those of interfaces and namespaces that are gone go with them. The pins are looked for
 * under BPF_DIR; filters on the interfaces of this namespace are found without.
 * Returns how many programs and pins it took away, 0 if there were none (also where this build or the kernel has no such
 * engine); or negative errno, -EPERM without CAP_BPF and CAP_NET_ADMIN, with SAID (GB_KERNEL_ENGINE_TEXT octets): why.
 */
int gb_kernel_engine_remove(const char *bpf_dir, const char *interface, char *said);

#endif
