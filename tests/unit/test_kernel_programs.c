/* SPDX-License-Identifier: Apache-2.0 */
/* The programs of the kernel engine, packet for packet. */
#include "test_kernel_programs.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <goose-bridge/clock.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdarg.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "goose_bridge.skel.h"

static struct goose_bridge *skeleton;
static struct gb_kernel_config *config;
static struct gb_kernel_state *state;
static struct gb_kernel_counters *counters;
static struct ring_buffer *ring[GB_KERNEL_DIRECTIONS];
static struct record *taken; /* where records go */
static unsigned taken_count;
static int attendant = -1;

struct gb_kernel_config *const *const programs_config = &config;
struct gb_kernel_state *const *const programs_state = &state;

/* ---- loading ---- */

static int keep_record(void *unused, void *data, size_t size)
{
	const struct gb_kernel_record *said = data;

	(void)unused;
	assert_true(size >= sizeof(*said) && size - sizeof(*said) >= said->head_length);
	assert_true(said->head_length <= GB_KERNEL_HEAD_MAX && taken_count < RECORDS_MAX);
	if (taken)
		memcpy(&taken[taken_count], data, sizeof(*said) + said->head_length);
	taken_count++;
	return 0;
}

static void *map_array(const struct bpf_map *map)
{
	size_t size = (size_t)bpf_map__value_size(map) * bpf_map__max_entries(map);
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);

	return at == MAP_FAILED ? NULL : at;
}

/* What libbpf says is shown only where it matters: the end of it, where what the verifier says is long. */
static char said[16384];
static bool disliked; /* by the verifier */

__attribute__((format(printf, 2, 0))) static int keep_said(enum libbpf_print_level level, const char *format, va_list arguments)
{
	char *text = NULL;
	int n = vasprintf(&text, format, arguments);

	(void)level;
	if (n < 0)
		return n;
	disliked |= strstr(text, "PROG LOAD LOG") != NULL;
	size_t length = (size_t)n < sizeof(said) - 1 ? (size_t)n : sizeof(said) - 1, old = strlen(said);
	size_t kept = old < sizeof(said) - 1 - length ? old : sizeof(said) - 1 - length;

	memmove(said, said + old - kept, kept);
	memcpy(said + kept, text + (size_t)n - length, length);
	said[kept + length] = '\0';
	free(text);
	return n;
}

/* Of what the process may do, this is in effect. CAP_PERFMON and CAP_SYS_ADMIN have the verifier believe more (bpf(2)). */
static bool take_rights(uint64_t wanted)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data) < 0)
		return false;
	for (int i = 0; i < 2; i++)
		data[i].effective = data[i].permitted & (uint32_t)(wanted >> 32 * i);
	return syscall(SYS_capset, &header, data) == 0;
}

int programs_load(void)
{
	libbpf_set_print(keep_said);
	skeleton = goose_bridge__open();
	if (!skeleton || bpf_map__set_max_entries(skeleton->maps.counters, (uint32_t)libbpf_num_possible_cpus()) < 0)
		return 1;
	if (!take_rights(UINT64_C(1) << CAP_BPF | UINT64_C(1) << CAP_NET_ADMIN))
		return 1;
	int error = goose_bridge__load(skeleton);

	if (!take_rights(UINT64_MAX))
		return 1;

	/* -EACCES is also what the verifier says of a program that it does not like */
	if ((error == -EPERM || error == -EACCES || error == -ENOSYS) && !disliked) {
		printf("skipped: programs cannot be loaded into this kernel: %s\n", strerror(-error));
		return 77;
	}
	if (error) {
		printf("%s\nthe programs were not loaded: %s\n", said, strerror(-error));
		return 1;
	}
	/* whoever else has a socket at this group and port is not to be taken for the service */
	if (unshare(CLONE_NEWNET) < 0) {
		printf("skipped: a network namespace of its own: %s\n", strerror(errno));
		return 77;
	}
	config = map_array(skeleton->maps.config);
	state = map_array(skeleton->maps.state);
	counters = map_array(skeleton->maps.counters);
	ring[GB_KERNEL_TO_NETWORK] = ring_buffer__new(bpf_map__fd(skeleton->maps.ring_to_network), keep_record, NULL, NULL);
	ring[GB_KERNEL_TO_GOOSE0] = ring_buffer__new(bpf_map__fd(skeleton->maps.ring_to_goose0), keep_record, NULL, NULL);
	return config && state && counters && ring[0] && ring[1] ? 0 : 1;
}

void programs_attend(bool there)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(GROUP), .sin_port = htons(PORT)};
	int one = 1;

	if (there == (attendant >= 0))
		return;
	if (!there) {
		close(attendant);
		attendant = -1;
		return;
	}
	attendant = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(setsockopt(attendant, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)), 0);
	assert_int_equal(bind(attendant, (const struct sockaddr *)&at, sizeof(at)), 0);
}

void programs_unload(void)
{
	programs_attend(false);
	ring_buffer__free(ring[0]);
	ring_buffer__free(ring[1]);
	goose_bridge__destroy(skeleton);
}

int program_fd(enum gb_kernel_direction direction)
{
	bool out = direction == GB_KERNEL_TO_NETWORK;

	return bpf_program__fd(out ? skeleton->progs.gb_to_network : skeleton->progs.gb_to_goose0);
}

static int held_fd(enum gb_kernel_direction direction)
{
	return bpf_map__fd(direction == GB_KERNEL_TO_NETWORK ? skeleton->maps.held_to_network : skeleton->maps.held_to_goose0);
}

static int64_t tai_offset_ns(void)
{
	struct timespec tai, utc;

	clock_gettime(CLOCK_REALTIME, &utc);
	clock_gettime(CLOCK_TAI, &tai);
	return (int64_t)(tai.tv_sec - utc.tv_sec + (tai.tv_nsec < utc.tv_nsec ? -1 : 0)) * (int64_t)GB_NS_PER_S;
}

int programs_reset(void **unused)
{
	static const uint8_t group_mac[6] = {0x01, 0x00, 0x5E, 0x00, 0x01, 0x64}, mac[6] = {2, 0, 0, 0, 0, 1};
	uint8_t flow[sizeof(struct gb_kernel_flow)];

	(void)unused;
	for (int d = 0; d < GB_KERNEL_DIRECTIONS; d++) {
		while (bpf_map_get_next_key(held_fd(d), NULL, flow) == 0)
			bpf_map_delete_elem(held_fd(d), flow);
		take_records(d, NULL);
		ring_woke(d);
	}
	memset(state, 0, sizeof(*state));
	memset(counters, 0, sizeof(*counters) * (size_t)libbpf_num_possible_cpus());
	*state = (struct gb_kernel_state){.layout = GB_KERNEL_LAYOUT, .heartbeat_ns = gb_clock_mono_ns(), .epoch = 7654321};
	*config = (struct gb_kernel_config){
		.forward = {1, 1}, .ttl = 10, .tos = 46 << 2, .port = htons(PORT), .goose0_index = GOOSE0_INDEX,
		.network_index = GOOSE0_INDEX, .local = htonl(HOST), .previous_local = htonl(PREVIOUS), .group = htonl(GROUP),
		.path_mtu = PATH_MTU, .goose0_longest = GB_TUNNEL_FRAME_MAX, .path_id = 1, .sender_id = SENDER,
		.tai_offset_ns = tai_offset_ns(), .unattended_ns = 300 * GB_NS_PER_S, .hold_ns = 300 * GB_NS_PER_S};
	memcpy(config->group_mac, group_mac, 6);
	memcpy(config->source_mac, mac, 6);
	programs_attend(true);
	return 0;
}

/* ---- running ---- */

int tagging_program_fd(enum gb_kernel_direction direction, uint16_t tpid, uint16_t tci)
{
	static int programs = -1; /* it has to be open for as long as what is in it is called */
	int fd = program_fd(direction), key = direction;

	if (programs < 0)
		programs = bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, "next", 4, 4, GB_KERNEL_DIRECTIONS, NULL);
	assert_true(programs >= 0);
	assert_int_equal(bpf_map_update_elem(programs, &key, &fd, BPF_ANY), 0);
	struct bpf_insn insns[] = {
		/* bpf_skb_vlan_push(skb, tpid, tci); bpf_tail_call(skb, programs, direction); return TC_ACT_SHOT */
		{.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_6, .src_reg = BPF_REG_1},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2, .imm = htons(tpid)},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_3, .imm = tci},
		{.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_skb_vlan_push},
		{.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_1, .src_reg = BPF_REG_6},
		{.code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = BPF_REG_2, .src_reg = BPF_PSEUDO_MAP_FD, .imm = programs},
		{0},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_3, .imm = key},
		{.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_tail_call},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = TC_ACT_SHOT},
		{.code = BPF_JMP | BPF_EXIT},
	};

	int tagging = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "tagging", "Apache-2.0", insns, COUNT(insns), NULL);

	assert_true(tagging >= 0);
	return tagging;
}

void run_program(enum gb_kernel_direction direction, const struct packet *in, const struct arrival *arrival, struct run *run)
{
	static const struct arrival plain;
	const struct arrival *a = arrival ? arrival : &plain;
	struct __sk_buff before = {.mark = a->mark, .priority = a->priority, .tstamp = a->tstamp, .gso_size = a->gso_size,
				   .gso_segs = a->gso_size ? 2 : 0, .ifindex = 1};
	struct __sk_buff after = {0};
	uint8_t *octets = exact(in->at, in->length);
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = octets, .data_size_in = (uint32_t)in->length,
		    .data_out = run->out.at, .data_size_out = sizeof(run->out.at), .ctx_in = &before,
		    .ctx_size_in = sizeof(before), .ctx_out = &after, .ctx_size_out = sizeof(after));
	int fd = a->tpid ? tagging_program_fd(direction, a->tpid, a->tci) : program_fd(direction);

	assert_int_equal(bpf_prog_test_run_opts(fd, &options), 0);
	if (a->tpid)
		close(fd);
	free(octets);
	run->verdict = (int)options.retval;
	run->out.length = options.data_size_out;
	run->mark = after.mark;
	run->priority = after.priority;
	run->tstamp = after.tstamp;
}

void assert_passed(enum gb_kernel_direction direction, const struct packet *in, const struct arrival *arrival, bool count,
		   bool held)
{
	struct gb_kernel_direction_counters before = counted(direction), after;
	uint64_t held_ns = state->held_ns[direction], sequence = state->kernel_sequence;
	struct run run;

	take_records(direction, NULL);
	run_program(direction, in, arrival, &run);
	after = counted(direction);
	assert_int_equal(run.verdict, TC_ACT_UNSPEC);
	assert_int_equal(run.out.length, in->length);
	assert_memory_equal(run.out.at, in->at, in->length);
	if (arrival) {
		assert_int_equal(run.mark, arrival->mark);
		assert_int_equal(run.priority, arrival->priority);
		assert_int_equal(run.tstamp, arrival->tstamp);
	}
	assert_int_equal(after.passed, before.passed + count);
	before.passed = after.passed;
	assert_memory_equal(&after, &before, sizeof(after));
	assert_int_equal(state->held_ns[direction] != held_ns, held);
	assert_int_equal(state->kernel_sequence, sequence);
	assert_int_equal(take_records(direction, NULL), 0);
}

/* ---- looking ---- */

struct gb_kernel_direction_counters counted(enum gb_kernel_direction direction)
{
	struct gb_kernel_direction_counters sum = {0};
	uint64_t *to = (uint64_t *)&sum;

	for (int i = 0; i < libbpf_num_possible_cpus(); i++) {
		const uint64_t *from = (const uint64_t *)&counters[i].direction[direction];

		for (size_t k = 0; k < sizeof(sum) / sizeof(*to); k++)
			to[k] += from[k];
	}
	return sum;
}

bool anything_held(enum gb_kernel_direction direction)
{
	uint8_t flow[sizeof(struct gb_kernel_flow)];

	return bpf_map_get_next_key(held_fd(direction), NULL, flow) == 0;
}

void hold_flow(enum gb_kernel_direction direction, const void *flow, uint64_t ns)
{
	assert_int_equal(bpf_map_update_elem(held_fd(direction), flow, &ns, BPF_ANY), 0);
	if (state->held_ns[direction] < ns)
		state->held_ns[direction] = ns;
}

uint64_t held_since(enum gb_kernel_direction direction, const void *flow)
{
	uint64_t ns = 0;

	return bpf_map_lookup_elem(held_fd(direction), flow, &ns) == 0 ? ns : 0;
}

unsigned take_records(enum gb_kernel_direction direction, struct record *record)
{
	taken = record;
	taken_count = 0;
	assert_true(ring_buffer__consume(ring[direction]) >= 0);
	return taken_count;
}

bool ring_woke(enum gb_kernel_direction direction)
{
	struct epoll_event event;

	return epoll_wait(ring_buffer__epoll_fd(ring[direction]), &event, 1, 0) > 0;
}

int main(void)
{
	int loaded = programs_load(), failed;

	if (loaded != 0)
		return loaded;
	failed = test_to_network() + test_to_goose0() + test_supervision() + test_live();
	programs_unload();
	return failed ? 1 : 0;
}
