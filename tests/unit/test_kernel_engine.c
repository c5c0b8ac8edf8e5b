/* SPDX-License-Identifier: Apache-2.0 */
/* datapath/kernel against the kernel: programs and maps made, left behind, taken over, exchanged and taken away; by tcx, and by
 * clsact as where there is no tcx. In a network namespace with a bpffs of its own, on two TAPs.
 */
#include "test_pure.h"

#include <bpf/bpf.h>

static bool no_tcx;
static int link_create(int program, int interface, enum bpf_attach_type type, const struct bpf_link_create_opts *opts);

/* as a kernel before 6.6 says it */
#define bpf_link_create link_create
#include "module/datapath/kernel_attach.c"
#undef bpf_link_create

#include "namespace.h"
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define EPOCH UINT64_C(1800000000000000000)

static int link_create(int program, int interface, enum bpf_attach_type type, const struct bpf_link_create_opts *opts)
{
	if (no_tcx) {
		errno = EINVAL;
		return -EINVAL;
	}
	return bpf_link_create(program, interface, type, opts);
}

static char directory[] = "/tmp/gb-engine.XXXXXX"; /* a bpffs is mounted there */
static char bpf_dir[sizeof(directory) + 16];
static int goose0_fd, net0_fd;

static const struct gb_sources any;

static struct gb_kernel_engine_use usual_use(void)
{
	struct gb_kernel_engine_use use = {
		.goose0 = (int)if_nametoindex("goose0"), .goose0_up = true, .goose0_mtu = 1504,
		.network = (int)if_nametoindex("net0"), .network_up = true, .native = true, .member = true, .has_mac = true,
		.port = 61850, .ttl = 10, .dscp = 46, .path_mtu = 1500, .sender_id = 5, .allow_sources = &any,
		.clock_synchronised = true, .max_frame_age_ns = 200000000, .unattended_ns = 300 * GB_NS_PER_S,
	};

	inet_pton(AF_INET, "224.0.1.100", &use.group);
	return use;
}

static struct gb_kernel_engine *open_at(const char *dir, uint64_t epoch)
{
	struct gb_kernel_engine *engine;
	char said[GB_KERNEL_ENGINE_TEXT];
	int error = gb_kernel_engine_open(&engine, dir, "goose0", "", epoch, said);

	assert_string_equal(said, "");
	assert_int_equal(error, 0);
	return engine;
}

static void follow(struct gb_kernel_engine *engine)
{
	struct gb_kernel_engine_use use = usual_use();
	char said[GB_KERNEL_ENGINE_TEXT];

	assert_int_equal(gb_kernel_engine_follow(engine, &use, said), 0);
	assert_string_equal(said, "");
}

/* The user engine has seen that nothing waits for it. */
static void drain(struct gb_kernel_engine *engine)
{
	kernel_drained(engine, GB_KERNEL_TO_NETWORK, gb_clock_mono_ns());
	kernel_drained(engine, GB_KERNEL_TO_GOOSE0, gb_clock_mono_ns());
}

/* One that carries. */
static struct gb_kernel_engine *begin(void)
{
	struct gb_kernel_engine *engine = open_at(bpf_dir, EPOCH);

	follow(engine);
	drain(engine);
	assert_false(gb_kernel_engine_beat(engine, true));
	assert_true(gb_kernel_engine_carries(engine));
	return engine;
}

/* All that is left there; the bpffs itself has some files. */
static unsigned pins(void)
{
	char command[256], line[16] = "";
	FILE *out;

	snprintf(command, sizeof(command), "find %s -type f 2>/dev/null | wc -l", bpf_dir);
	out = popen(command, "r");
	assert_non_null(out);
	assert_non_null(fgets(line, sizeof(line), out));
	pclose(out);
	return (unsigned)atoi(line);
}

/* The program that is attached at the moment; 0 = none. */
static uint32_t attached(enum gb_kernel_direction direction)
{
	uint32_t programs[4] = {0};
	struct {
		uint32_t target_fd, attach_type, query_flags, attach_flags;
		uint64_t prog_ids;
		uint32_t count, padding;
		uint64_t room[4];
	} query = {.target_fd = if_nametoindex(direction == GB_KERNEL_TO_NETWORK ? "goose0" : "net0"),
		   .attach_type = (uint32_t)tcx_type(direction), .prog_ids = (uintptr_t)programs, .count = 4};

	if (no_tcx) {
		struct bpf_tc_hook hook = hook_of(direction, (int)query.target_fd);
		struct bpf_tc_opts filter = filter_of("goose0");

		return bpf_tc_query(&hook, &filter) == 0 ? filter.prog_id : 0;
	}
	assert_int_equal(syscall(SYS_bpf, BPF_PROG_QUERY, &query, sizeof(query)), 0);
	assert_true(query.count <= 1);
	return programs[0];
}

static int setup(void **state)
{
	(void)state;
	goose0_fd = open_tun_device("goose0", IFF_TAP | IFF_NO_PI);
	net0_fd = open_tun_device("net0", IFF_TAP | IFF_NO_PI);
	set_up("goose0", true);
	set_up("net0", true);
	return 0;
}

static int teardown(void **state)
{
	char said[GB_KERNEL_ENGINE_TEXT];

	(void)state;
	gb_kernel_engine_remove(bpf_dir, "goose0", said);
	close(goose0_fd);
	close(net0_fd);
	no_tcx = false;
	return pins() == 0 ? 0 : -1;
}

/* ---- one after the other -------------------------------------------------------------------------------------------- */

static void test_begins_when_nothing_waits(void **state)
{
	struct gb_kernel_engine *engine = open_at(bpf_dir, EPOCH);

	(void)state;
	assert_false(gb_kernel_engine_is_adopted(engine));
	assert_int_equal(engine->state->epoch, EPOCH);
	assert_int_equal(attached(GB_KERNEL_TO_NETWORK), 0);
	drain(engine); /* of before it was attached: says nothing */
	follow(engine);
	assert_true(attached(GB_KERNEL_TO_NETWORK) != 0);
	assert_true(attached(GB_KERNEL_TO_GOOSE0) != 0);
	assert_true(gb_kernel_engine_beat(engine, true));
	assert_false(gb_kernel_engine_carries(engine));
	kernel_drained(engine, GB_KERNEL_TO_NETWORK, gb_clock_mono_ns());
	assert_true(gb_kernel_engine_beat(engine, true));
	assert_int_equal(kernel_config_active(engine)->forward[GB_KERNEL_TO_NETWORK], 1);
	assert_int_equal(kernel_config_active(engine)->forward[GB_KERNEL_TO_GOOSE0], 0);
	drain(engine);
	assert_false(gb_kernel_engine_beat(engine, true));
	assert_true(gb_kernel_engine_carries(engine));
	gb_kernel_engine_close(engine, true);
	assert_int_equal(attached(GB_KERNEL_TO_NETWORK) + attached(GB_KERNEL_TO_GOOSE0), 0);
	assert_int_equal(pins(), 0);
}

static void adopts(void)
{
	struct gb_kernel_engine *engine = begin();
	uint32_t before = attached(GB_KERNEL_TO_NETWORK);

	engine->state->sequence[0] = 77;
	engine->state->kernel_sequence = 99;
	engine->counters[0].direction[GB_KERNEL_TO_NETWORK].frames = 1000;
	gb_kernel_engine_close(engine, false);
	assert_int_equal(attached(GB_KERNEL_TO_NETWORK), before);

	engine = open_at(bpf_dir, EPOCH + 1);
	assert_true(gb_kernel_engine_is_adopted(engine));
	assert_int_equal(engine->state->epoch, EPOCH);
	assert_int_equal(engine->state->sequence[0], 77);
	assert_int_equal(engine->state->kernel_sequence, 99);
	assert_int_equal(attached(GB_KERNEL_TO_NETWORK), before);
	/* it carries all the time; what counts begins anew */
	assert_int_equal(kernel_config_active(engine)->forward[GB_KERNEL_TO_NETWORK], 1);
	follow(engine);
	assert_true(gb_kernel_engine_carries(engine));
	assert_true(attached(GB_KERNEL_TO_NETWORK) != 0);
	assert_true(attached(GB_KERNEL_TO_NETWORK) != before);
	struct gb_totals totals = {0};

	kernel_counters_add(engine, &totals);
	assert_int_equal(totals.counter[GB_COUNT_raw_frames], 0);
	engine->counters[0].direction[GB_KERNEL_TO_NETWORK].frames++;
	kernel_counters_add(engine, &totals);
	assert_int_equal(totals.counter[GB_COUNT_raw_frames], 1);
	gb_kernel_engine_close(engine, true);
	assert_int_equal(pins(), 0);
}

static void test_adopts(void **state)
{
	(void)state;
	adopts();
}

/* Another layout: new maps, a new epoch, and the old programs carry until the new ones are in their place. */
static void test_replaces_another_layout(void **state)
{
	struct gb_kernel_engine *engine = begin();
	uint32_t before = attached(GB_KERNEL_TO_NETWORK);

	(void)state;
	engine->state->layout = GB_KERNEL_LAYOUT + 1;
	gb_kernel_engine_close(engine, false);
	engine = open_at(bpf_dir, EPOCH + 1);
	assert_false(gb_kernel_engine_is_adopted(engine));
	assert_int_equal(engine->state->epoch, EPOCH + 1);
	assert_int_equal(attached(GB_KERNEL_TO_NETWORK), before);
	follow(engine);
	assert_true(attached(GB_KERNEL_TO_NETWORK) != before);
	assert_true(attached(GB_KERNEL_TO_NETWORK) != 0);
	assert_false(gb_kernel_engine_carries(engine)); /* what went to goose0 meanwhile comes first */
	drain(engine);
	gb_kernel_engine_beat(engine, true);
	assert_true(gb_kernel_engine_carries(engine));
	gb_kernel_engine_close(engine, true);
}

/* Maps that another version pinned beside ours go when its programs have gone. */
static void test_sweeps_maps_of_other_layouts(void **state)
{
	struct gb_kernel_engine *engine = begin();
	char path[KERNEL_PATH];

	(void)state;
	unsigned ours = pins();

	assert_int_equal(bpf_obj_pin(engine->map[MAP_STATE], kernel_pins_path(&engine->pins, "99_state", path)), 0);
	gb_kernel_engine_close(engine, false);
	engine = open_at(bpf_dir, EPOCH);
	assert_int_equal(pins(), ours + 1);
	follow(engine);
	assert_int_equal(pins(), ours);
	assert_true(gb_kernel_engine_is_adopted(engine));
	gb_kernel_engine_close(engine, true);
}

/* A map is missing, as after a crash while they were pinned. */
static void test_replaces_what_is_not_whole(void **state)
{
	struct gb_kernel_engine *engine = begin();
	char name[32];

	(void)state;
	snprintf(name, sizeof(name), "%u_held_to_goose0", GB_KERNEL_LAYOUT);
	assert_int_equal(kernel_pins_remove(&engine->pins, name), 0);
	gb_kernel_engine_close(engine, false);
	engine = open_at(bpf_dir, EPOCH + 1);
	assert_false(gb_kernel_engine_is_adopted(engine));
	follow(engine);
	gb_kernel_engine_close(engine, false);
	engine = open_at(bpf_dir, EPOCH + 2);
	assert_true(gb_kernel_engine_is_adopted(engine));
	assert_int_equal(engine->state->epoch, EPOCH + 1);
	gb_kernel_engine_close(engine, true);
}

/* ---- interfaces come and go ----------------------------------------------------------------------------------------- */

static void goose0_is_made_anew(void)
{
	struct gb_kernel_engine *engine = begin();

	close(goose0_fd);
	goose0_fd = open_tun_device("goose0", IFF_TAP | IFF_NO_PI);
	set_up("goose0", true);
	follow(engine);
	assert_true(attached(GB_KERNEL_TO_NETWORK) != 0);
	assert_int_equal(kernel_config_active(engine)->forward[GB_KERNEL_TO_NETWORK], 0);
	assert_int_equal(kernel_config_active(engine)->forward[GB_KERNEL_TO_GOOSE0], 1);
	drain(engine);
	gb_kernel_engine_beat(engine, true);
	assert_true(gb_kernel_engine_carries(engine));
	assert_int_equal(kernel_config_active(engine)->goose0_index, if_nametoindex("goose0"));
	gb_kernel_engine_close(engine, true);
	assert_int_equal(attached(GB_KERNEL_TO_NETWORK) + attached(GB_KERNEL_TO_GOOSE0), 0);
}

static void test_goose0_is_made_anew(void **state)
{
	(void)state;
	goose0_is_made_anew();
}

static void test_goose0_was_made_anew_between_processes(void **state)
{
	struct gb_kernel_engine *engine = begin();

	(void)state;
	gb_kernel_engine_close(engine, false);
	close(goose0_fd);
	goose0_fd = open_tun_device("goose0", IFF_TAP | IFF_NO_PI);
	set_up("goose0", true);
	engine = open_at(bpf_dir, EPOCH + 1);
	assert_true(gb_kernel_engine_is_adopted(engine));
	follow(engine);
	assert_true(attached(GB_KERNEL_TO_NETWORK) != 0);
	gb_kernel_engine_close(engine, true);
}

/* What comes in by the interface of the process before is nobody's any more. */
static void network_changed_between_processes(void)
{
	struct gb_kernel_engine *engine = begin();
	int net1_fd = open_tun_device("net1", IFF_TAP | IFF_NO_PI);
	struct gb_kernel_engine_use use = usual_use();
	char said[GB_KERNEL_ENGINE_TEXT];

	gb_kernel_engine_close(engine, false);
	assert_true(attached(GB_KERNEL_TO_GOOSE0) != 0);
	engine = open_at(bpf_dir, EPOCH + 1);
	use.network = (int)if_nametoindex("net1");
	assert_int_equal(gb_kernel_engine_follow(engine, &use, said), 0);
	assert_int_equal(attached(GB_KERNEL_TO_GOOSE0), 0); /* to net0 */
	gb_kernel_engine_close(engine, true);
	close(net1_fd);
}

static void test_network_changed_between_processes(void **state)
{
	(void)state;
	network_changed_between_processes();
}

/* Nothing but the link says that it is another. */
static void goose0_is_made_anew_with_its_index(void)
{
	struct gb_kernel_engine *engine = begin();
	int index = (int)if_nametoindex("goose0");
	struct ifreq request = request_of("goose0");

	close(goose0_fd);
	goose0_fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	request.ifr_flags = IFF_TAP | IFF_NO_PI;
	assert_int_equal(ioctl(goose0_fd, TUNSETIFINDEX, &index), 0);
	assert_int_equal(ioctl(goose0_fd, TUNSETIFF, &request), 0);
	assert_int_equal(if_nametoindex("goose0"), index);
	set_up("goose0", true);
	follow(engine);
	assert_true(attached(GB_KERNEL_TO_NETWORK) != 0);
	assert_int_equal(kernel_config_active(engine)->forward[GB_KERNEL_TO_NETWORK], 0);
	drain(engine);
	gb_kernel_engine_beat(engine, true);
	assert_true(gb_kernel_engine_carries(engine));
	gb_kernel_engine_close(engine, true);
}

static void test_goose0_is_made_anew_with_its_index(void **state)
{
	(void)state;
	goose0_is_made_anew_with_its_index();
}

static void test_what_it_is_not_to_carry(void **state)
{
	struct gb_kernel_engine *engine = begin();
	struct gb_kernel_engine_use use = usual_use();
	char said[GB_KERNEL_ENGINE_TEXT];

	(void)state;
	use.network_up = false;
	assert_int_equal(gb_kernel_engine_follow(engine, &use, said), 0);
	assert_int_equal(kernel_config_active(engine)->forward[GB_KERNEL_TO_NETWORK], 0);
	assert_int_equal(kernel_config_active(engine)->forward[GB_KERNEL_TO_GOOSE0], 1);
	use = usual_use();
	use.member = false;
	assert_int_equal(gb_kernel_engine_follow(engine, &use, said), 0);
	assert_int_equal(kernel_config_active(engine)->forward[GB_KERNEL_TO_NETWORK], 1);
	assert_int_equal(kernel_config_active(engine)->forward[GB_KERNEL_TO_GOOSE0], 0);
	use = usual_use();
	use.has_mac = false;
	assert_int_equal(gb_kernel_engine_follow(engine, &use, said), 0);
	assert_string_equal(said, "the network interface has no Ethernet address");
	assert_false(gb_kernel_engine_carries(engine));
	use = usual_use();
	use.native = false;
	assert_int_equal(gb_kernel_engine_follow(engine, &use, said), 0);
	assert_non_null(strstr(said, "legacy"));
	assert_false(gb_kernel_engine_carries(engine));
	follow(engine);
	drain(engine);
	gb_kernel_engine_beat(engine, true);
	assert_true(gb_kernel_engine_carries(engine));
	use = usual_use();
	use.network = 0x7FFFFF; /* there is none */
	assert_true(gb_kernel_engine_follow(engine, &use, said) < 0);
	assert_non_null(strstr(said, "cannot be attached"));
	assert_false(gb_kernel_engine_carries(engine));
	gb_kernel_engine_close(engine, true);
}

/* ---- without a service ---------------------------------------------------------------------------------------------- */

static void is_removed_without_a_service(void)
{
	struct gb_kernel_engine *engine = begin();
	char said[GB_KERNEL_ENGINE_TEXT];

	gb_kernel_engine_close(engine, false);
	assert_int_equal(gb_kernel_engine_remove(bpf_dir, "goose1", said), 0);
	assert_true(attached(GB_KERNEL_TO_NETWORK) != 0);
	assert_true(gb_kernel_engine_remove(bpf_dir, "goose0", said) > 0);
	assert_string_equal(said, "");
	assert_int_equal(attached(GB_KERNEL_TO_NETWORK) + attached(GB_KERNEL_TO_GOOSE0), 0);
	assert_int_equal(pins(), 0);
	assert_int_equal(gb_kernel_engine_remove(bpf_dir, "goose0", said), 0);
}

static void test_is_removed_without_a_service(void **state)
{
	(void)state;
	is_removed_without_a_service();
}

/* Also while somebody still holds the links. */
static void test_is_removed_beside_a_service(void **state)
{
	struct gb_kernel_engine *engine = begin();
	char said[GB_KERNEL_ENGINE_TEXT];

	(void)state;
	assert_true(gb_kernel_engine_remove(bpf_dir, "goose0", said) > 0);
	assert_int_equal(attached(GB_KERNEL_TO_NETWORK) + attached(GB_KERNEL_TO_GOOSE0), 0);
	gb_kernel_engine_close(engine, false);
}

static void test_stale_ones_go(void **state)
{
	struct gb_kernel_engine *engine = begin(), *other;
	char said[GB_KERNEL_ENGINE_TEXT];
	int fd = open_tun_device("goose.1", IFF_TAP | IFF_NO_PI); /* a bpffs takes no dots */
	struct gb_kernel_engine_use use = usual_use();

	(void)state;
	unsigned one = pins();

	use.goose0 = (int)if_nametoindex("goose.1");
	assert_int_equal(gb_kernel_engine_open(&other, bpf_dir, "goose.1", "", EPOCH, said), 0);
	assert_int_equal(gb_kernel_engine_follow(other, &use, said), 0);
	assert_int_equal(pins(), 2 * one);
	assert_int_equal(kernel_pins_remove_stale(bpf_dir), 0);
	close(fd);
	assert_int_equal(kernel_pins_remove_stale(bpf_dir), 0);
	assert_int_equal(flock(other->pins.fd, LOCK_UN), 0); /* as if its process had ended, */
	assert_int_equal(kernel_pins_remove_stale(bpf_dir), 0); /* and the next may be about to make it anew */
	other->state->heartbeat_ns -= 60 * GB_NS_PER_S;
	gb_kernel_engine_close(other, false);
	assert_int_equal(kernel_pins_remove_stale(bpf_dir), (int)one);
	assert_int_equal(pins(), one);
	gb_kernel_engine_close(engine, true);
}

/* The directory is the service's user's: what it makes point elsewhere is not followed by root. */
static void test_others_are_left_alone(void **state)
{
	struct gb_kernel_engine *engine = begin(), *other;
	char said[GB_KERNEL_ENGINE_TEXT], foreign[sizeof(bpf_dir) + 16], path[KERNEL_PATH];

	(void)state;
	snprintf(foreign, sizeof(foreign), "%s/foreign", directory);
	assert_int_equal(bpf_obj_pin(engine->attachment[GB_KERNEL_TO_NETWORK].link, foreign), 0);
	uint32_t program = attached(GB_KERNEL_TO_NETWORK);

	assert_int_equal(kernel_pins_remove(&engine->pins, KERNEL_PIN_TO_NETWORK), 0);
	assert_int_equal(symlink(foreign, kernel_pins_path(&engine->pins, KERNEL_PIN_TO_NETWORK, path)), 0);
	gb_kernel_engine_close(engine, false);
	other = open_at(bpf_dir, EPOCH);
	assert_int_equal(other->attachment[GB_KERNEL_TO_NETWORK].interface, 0); /* not taken over */
	assert_true(other->attachment[GB_KERNEL_TO_GOOSE0].interface != 0);
	assert_int_equal(symlink(foreign, kernel_pins_path(&other->pins, "any", path)), 0);
	gb_kernel_engine_close(other, false);
	assert_true(gb_kernel_engine_remove(bpf_dir, "goose0", said) > 0);
	assert_int_equal(pins(), 0);
	assert_int_equal(attached(GB_KERNEL_TO_NETWORK), program); /* nor detached */
	assert_int_equal(unlink(foreign), 0);
}

/* ---- where something is missing ------------------------------------------------------------------------------------- */

static void test_without_a_bpffs(void **state)
{
	char elsewhere[] = "/tmp/gb-no-bpffs.XXXXXX", dir[64], said[GB_KERNEL_ENGINE_TEXT];
	struct gb_kernel_engine *engine;

	(void)state;
	assert_non_null(mkdtemp(elsewhere));
	snprintf(dir, sizeof(dir), "%s/bpf", elsewhere);
	assert_int_equal(gb_kernel_engine_open(&engine, dir, "goose0", "", EPOCH, said), 0);
	assert_non_null(strstr(said, "frames stop while the service restarts"));
	assert_true(access(dir, F_OK) < 0);
	follow(engine);
	drain(engine);
	gb_kernel_engine_beat(engine, true);
	assert_true(gb_kernel_engine_carries(engine));
	gb_kernel_engine_close(engine, false); /* nobody could find it again */
	assert_int_equal(attached(GB_KERNEL_TO_NETWORK) + attached(GB_KERNEL_TO_GOOSE0), 0);
	assert_int_equal(rmdir(elsewhere), 0);
}

static void test_without_tcx(void **state)
{
	struct gb_kernel_engine *engine;

	(void)state;
	no_tcx = true;
	engine = begin();
	assert_string_equal(gb_kernel_engine_attachment(engine), "clsact");
	gb_kernel_engine_close(engine, true);
	adopts();
	goose0_is_made_anew();
	goose0_is_made_anew_with_its_index();
	network_changed_between_processes();
	is_removed_without_a_service();
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

/* 77 where the kernel has no programs for this process. */
static int prepare(void)
{
	struct gb_kernel_engine *engine;
	char said[GB_KERNEL_ENGINE_TEXT];

	if (!own_namespace() || unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
		printf("skipped: namespaces of its own\n");
		return 77;
	}
	if (!mkdtemp(directory) || mount("none", directory, "bpf", 0, NULL) < 0) {
		printf("skipped: a bpffs: %s\n", strerror(errno));
		return 77;
	}
	snprintf(bpf_dir, sizeof(bpf_dir), "%s/goose-bridge", directory);
	if (gb_kernel_engine_open(&engine, bpf_dir, "goose0", "", EPOCH, said) < 0) {
		printf("skipped: %s\n", said);
		return 77;
	}
	gb_kernel_engine_close(engine, true);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_begins_when_nothing_waits),
		TEST(test_adopts),
		TEST(test_replaces_another_layout),
		TEST(test_sweeps_maps_of_other_layouts),
		TEST(test_replaces_what_is_not_whole),
		TEST(test_goose0_is_made_anew),
		TEST(test_goose0_was_made_anew_between_processes),
		TEST(test_network_changed_between_processes),
		TEST(test_goose0_is_made_anew_with_its_index),
		TEST(test_what_it_is_not_to_carry),
		TEST(test_is_removed_without_a_service),
		TEST(test_is_removed_beside_a_service),
		TEST(test_stale_ones_go),
		TEST(test_others_are_left_alone),
		TEST(test_without_a_bpffs),
		TEST(test_without_tcx),
	};
	int status = prepare();

	if (status == 0)
		status = cmocka_run_group_tests(tests, NULL, NULL);
	umount2(directory, MNT_DETACH);
	rmdir(directory);
	return status;
}
