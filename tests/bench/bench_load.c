/* SPDX-License-Identifier: Apache-2.0 */
/* The benchmarks' load: one process sends numbered GOOSE frames on an interface of one namespace and takes them from an
 * interface of another; sockets stay in the namespace that they were made in.
 *
 * It must never be what limits the rate. So a frame is made once and only its numbers change; it is received in a
 * TPACKET_V3 ring, which wakes nobody for a single frame, and the latency is up to the kernel's time stamp: it does not
 * matter when this process gets to read. PACKET_QDISC_BYPASS is not used: publishers do not, it measured no faster, and it
 * would go past classifiers on the interface.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S   UINT64_C(1000000000)
#define BATCH	   64
#define SLICE_NS   100000  /* at higher rates, what is due in this time is sent together; nothing spins */
#define LINGER_NS  (NS_PER_S / 4) /* nothing for so long after the last frame was sent: the rest is lost */
#define OCTETS_MIN 160
#define OCTETS_MAX 1518
#define RATE_MAX   2000000 /* frames/s, also when sent flat out: bounds what is remembered of them */
#define BLOCK	   (1 << 18)
#define BLOCKS	   512 /* 128 MiB: half a second at any rate */
#define BLOCK_MS   20
#define TAG	   4
#define ADDRESSES  12
#define PRIORITY   4
#define VID	   1
#define ETHERTYPE  0x88B8

/* A frame, and where in it the numbers are. All big-endian. */
struct frame {
	uint8_t octets[OCTETS_MAX];
	size_t size;
	size_t sequence; /* sqNum, 4 octets */
	size_t number;	 /* 8 octets, then their complement, then the send time (UTC, ns) */
	size_t pattern;	 /* from here to the end: the same in every frame */
};

struct run {
	const char *from, *to, *from_interface, *to_interface;
	uint64_t rate; /* 0: as fast as they go */
	uint64_t duration_ns;
	struct frame frame;
	int send_fd, receive_fd;
	uint8_t *ring;
	uint64_t capacity; /* frames */
	/* the sender's */
	uint64_t refused; /* by the interface's queue */
	uint64_t sending_ns;
	_Atomic uint64_t offered;
	atomic_bool sent;
	/* the receiver's */
	uint64_t received, duplicates, reordered, altered, foreign, next;
	uint8_t *seen;		/* one a number */
	uint32_t *latency_ns;	/* one a frame received */
};

static void __attribute__((noreturn, format(printf, 1, 2))) die(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	fputs("bench-load: ", stderr);
	vfprintf(stderr, format, list);
	va_end(list);
	fputc('\n', stderr);
	exit(2);
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* ---- the frame ---- */

static void put_at(uint8_t *at, uint64_t value, size_t size)
{
	while (size-- > 0) {
		at[size] = (uint8_t)value;
		value >>= 8;
	}
}

static uint64_t get_at(const uint8_t *at, size_t size)
{
	uint64_t value = 0;

	for (size_t i = 0; i < size; i++)
		value = value << 8 | at[i];
	return value;
}

static void put(struct frame *f, uint64_t value, size_t size)
{
	put_at(f->octets + f->size, value, size);
	f->size += size;
}

/* BER: a number of fixed length, a string, and a tag whose content goes to the frame's end. */
static void put_number(struct frame *f, uint8_t tag, uint64_t value, uint8_t size)
{
	put(f, tag, 1);
	put(f, size, 1);
	put(f, value, size);
}

static void put_string(struct frame *f, uint8_t tag, const char *text)
{
	size_t length = strlen(text);

	put(f, tag, 1);
	put(f, length, 1);
	memcpy(f->octets + f->size, text, length);
	f->size += length;
}

static void put_to_end(struct frame *f, uint8_t tag, size_t size)
{
	put(f, tag, 1);
	put(f, 0x82, 1);
	put(f, size - f->size - 2, 2);
}

/* A tagged frame to 01-0C-CD-01-00-01, PCP 4: the legacy format can express no other. */
static void frame_make(struct frame *f, size_t size)
{
	put(f, UINT64_C(0x010CCD010001), 6);
	put(f, UINT64_C(0x024245000001), 6); /* locally administered */
	put(f, ETH_P_8021Q, 2);
	put(f, PRIORITY << 13 | VID, 2);
	put(f, ETHERTYPE, 2);
	put(f, 0x1001, 2);		 /* APPID */
	put(f, size - f->size + 2, 2);	 /* from APPID on */
	put(f, 0, 4);
	put_to_end(f, 0x61, size);
	put_string(f, 0x80, "BENCH/LLN0$GO$1");
	put_number(f, 0x81, 20000, 2);
	put_string(f, 0x82, "BENCH/LLN0$1");
	put_number(f, 0x84, 0, 8);
	put_number(f, 0x85, 1, 1);
	f->sequence = f->size + 3;
	put_number(f, 0x86, 0, 5);
	put_number(f, 0x88, 1, 1);
	put_number(f, 0x8A, 1, 1);
	put_to_end(f, 0xAB, size);
	put_to_end(f, 0x89, size);
	f->number = f->size;
	f->pattern = f->number + 24;
	if (f->pattern > size)
		die("a frame of %zu octets has no room for its numbers", size);
	for (f->size = f->pattern; f->size < size;)
		put(f, f->size * 7, 1);
}

static void frame_number(const struct frame *f, uint8_t *octets, uint64_t number, uint64_t utc_ns)
{
	put_at(octets + f->sequence, number, 4);
	put_at(octets + f->number, number, 8);
	put_at(octets + f->number + 8, ~number, 8);
	put_at(octets + f->number + 16, utc_ns, 8);
}

/* ---- sockets ---- */

static int open_in(const char *namespace, const char *interface, bool receive, struct sockaddr_ll *address)
{
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), there = open(namespace, O_RDONLY | O_CLOEXEC);

	if (home < 0 || there < 0 || setns(there, CLONE_NEWNET))
		die("namespace %s: %s", namespace, strerror(errno));
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	unsigned index = if_nametoindex(interface);

	if (fd < 0 || index == 0 || setns(home, CLONE_NEWNET))
		die("interface %s: %s", interface, strerror(errno));
	close(home);
	close(there);
	*address = (struct sockaddr_ll){
		.sll_family = AF_PACKET, .sll_protocol = receive ? htons(ETH_P_ALL) : 0, .sll_ifindex = (int)index};
	return fd;
}

static void bind_to(int fd, const struct sockaddr_ll *address)
{
	if (bind(fd, (const struct sockaddr *)address, sizeof(*address)))
		die("bind: %s", strerror(errno));
}

static void open_sender(struct run *r)
{
	struct sockaddr_ll address;
	int octets = 8 << 20;

	r->send_fd = open_in(r->from, r->from_interface, false, &address);
	setsockopt(r->send_fd, SOL_SOCKET, SO_SNDBUFFORCE, &octets, sizeof(octets));
	bind_to(r->send_fd, &address);
}

static void open_receiver(struct run *r)
{
	struct tpacket_req3 ring = {.tp_block_size = BLOCK, .tp_block_nr = BLOCKS, .tp_frame_size = 2048,
				    .tp_frame_nr = BLOCK / 2048 * BLOCKS, .tp_retire_blk_tov = BLOCK_MS};
	int version = TPACKET_V3, one = 1;
	struct sockaddr_ll address;

	r->receive_fd = open_in(r->to, r->to_interface, true, &address);
	struct packet_mreq everything = {.mr_ifindex = address.sll_ifindex, .mr_type = PACKET_MR_PROMISC};

	if (setsockopt(r->receive_fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) ||
	    setsockopt(r->receive_fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one)) ||
	    setsockopt(r->receive_fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &everything, sizeof(everything)) ||
	    setsockopt(r->receive_fd, SOL_PACKET, PACKET_RX_RING, &ring, sizeof(ring)))
		die("the receiving ring: %s", strerror(errno));
	r->ring = mmap(NULL, (size_t)BLOCK * BLOCKS, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r->receive_fd, 0);
	if (r->ring == MAP_FAILED)
		die("the receiving ring: %s", strerror(errno));
	bind_to(r->receive_fd, &address);
}

/* ---- sending ---- */

static void sleep_until(uint64_t mono_ns)
{
	struct timespec at = {(time_t)(mono_ns / NS_PER_S), (long)(mono_ns % NS_PER_S)};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
		;
}

static void send_batch(struct run *r, struct mmsghdr *messages, unsigned count)
{
	for (unsigned done = 0; done < count;) {
		int n = sendmmsg(r->send_fd, messages + done, count - done, 0);

		if (n > 0) {
			done += (unsigned)n;
		} else if (errno == ENOBUFS) {
			r->refused++;
			done++;
		} else if (errno != EINTR) {
			die("send: %s", strerror(errno));
		}
	}
}

static void *send_all(void *arg)
{
	static uint8_t octets[BATCH][OCTETS_MAX];
	struct mmsghdr messages[BATCH] = {0};
	struct iovec parts[BATCH];
	struct run *r = arg;
	uint64_t number = 0, start, now;

	for (unsigned i = 0; i < BATCH; i++) {
		memcpy(octets[i], r->frame.octets, r->frame.size);
		parts[i] = (struct iovec){octets[i], r->frame.size};
		messages[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1};
	}
	prctl(PR_SET_TIMERSLACK, 1);
	start = clock_ns(CLOCK_MONOTONIC);
	while ((now = clock_ns(CLOCK_MONOTONIC)) - start < r->duration_ns && number < r->capacity) {
		/* Frame n is due n/rate seconds after the start; whoever was held up sends what is overdue at once. */
		uint64_t due = r->rate ? (now - start) * r->rate / NS_PER_S + 1 : UINT64_MAX;

		if (due <= number) {
			uint64_t next = start + (number * NS_PER_S + r->rate - 1) / r->rate;

			sleep_until(next - now < SLICE_NS && NS_PER_S / r->rate < SLICE_NS ? now + SLICE_NS : next);
			continue;
		}
		uint64_t count = due - number < BATCH ? due - number : BATCH;

		if (count > r->capacity - number)
			count = r->capacity - number;
		uint64_t utc = clock_ns(CLOCK_REALTIME);

		for (unsigned i = 0; i < count; i++)
			frame_number(&r->frame, octets[i], number++, utc);
		send_batch(r, messages, (unsigned)count);
	}
	r->sending_ns = clock_ns(CLOCK_MONOTONIC) - start;
	atomic_store(&r->offered, number);
	atomic_store(&r->sent, true);
	return NULL;
}

/* ---- receiving ---- */

/* The kernel hands a tag over beside the frame. Whether all but the numbers is as it was sent. */
static bool is_whole(const struct frame *f, const uint8_t *octets, const struct tpacket3_hdr *header)
{
	const uint8_t *sent = f->octets + TAG; /* the same offsets as in OCTETS behind the addresses */

	return (header->tp_status & TP_STATUS_VLAN_VALID) && header->hv1.tp_vlan_tci == (PRIORITY << 13 | VID) &&
	       header->tp_len == f->size - TAG && header->tp_snaplen == header->tp_len &&
	       memcmp(octets, f->octets, ADDRESSES) == 0 &&
	       memcmp(octets + ADDRESSES, sent + ADDRESSES, f->sequence - TAG - ADDRESSES) == 0 &&
	       memcmp(octets + f->sequence, sent + f->sequence, f->number - TAG - f->sequence) == 0 &&
	       memcmp(octets + f->pattern - TAG, f->octets + f->pattern, f->size - f->pattern) == 0;
}

static void take(struct run *r, const struct tpacket3_hdr *header)
{
	const uint8_t *octets = (const uint8_t *)header + header->tp_mac;
	const struct frame *f = &r->frame;

	if (header->tp_snaplen < ADDRESSES + 2 || get_at(octets + ADDRESSES, 2) != ETHERTYPE) {
		r->foreign++;
		return;
	}
	if (!is_whole(f, octets, header)) {
		r->altered++;
		return;
	}
	const uint8_t *numbers = octets + f->number - TAG;
	uint64_t number = get_at(numbers, 8), sent_ns = get_at(numbers + 16, 8);
	uint64_t at_ns = (uint64_t)header->tp_sec * NS_PER_S + header->tp_nsec;

	if (get_at(numbers + 8, 8) != ~number || number >= r->capacity ||
	    get_at(octets + f->sequence - TAG, 4) != (uint32_t)number) {
		r->altered++;
	} else if (r->seen[number]) {
		r->duplicates++;
	} else {
		r->seen[number] = 1;
		if (number < r->next)
			r->reordered++;
		else
			r->next = number + 1;
		uint64_t latency = at_ns > sent_ns ? at_ns - sent_ns : 0;

		r->latency_ns[r->received++] = latency < UINT32_MAX ? (uint32_t)latency : UINT32_MAX;
	}
}

static bool take_block(struct run *r, unsigned block)
{
	struct tpacket_block_desc *b = (void *)(r->ring + (size_t)block * BLOCK);
	volatile uint32_t *status = &b->hdr.bh1.block_status;

	if (!(*status & TP_STATUS_USER))
		return false;
	atomic_thread_fence(memory_order_acquire);
	const uint8_t *at = (const uint8_t *)b + b->hdr.bh1.offset_to_first_pkt;

	for (uint32_t i = 0; i < b->hdr.bh1.num_pkts; i++) {
		const struct tpacket3_hdr *header = (const void *)at;

		take(r, header);
		at += header->tp_next_offset;
	}
	atomic_thread_fence(memory_order_release);
	*status = TP_STATUS_KERNEL;
	return true;
}

static void receive_all(struct run *r)
{
	uint64_t last_ns = 0, last_received = 0;

	for (unsigned block = 0;;) {
		struct pollfd readable = {.fd = r->receive_fd, .events = POLLIN};

		if (take_block(r, block)) {
			block = (block + 1) % BLOCKS;
			continue;
		}
		poll(&readable, 1, BLOCK_MS);
		if (!atomic_load(&r->sent))
			continue;
		/* other traffic is no reason to go on waiting */
		if (!last_ns || r->received != last_received) {
			last_ns = clock_ns(CLOCK_MONOTONIC);
			last_received = r->received;
		}
		if (clock_ns(CLOCK_MONOTONIC) - last_ns > LINGER_NS || (r->received == r->offered && r->offered))
			break;
	}
}

/* ---- the result ---- */

static int compare(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static double percentile_us(const struct run *r, double part)
{
	return r->received ? r->latency_ns[(uint64_t)(part * (double)(r->received - 1))] / 1e3 : 0;
}

static void report(struct run *r)
{
	struct tpacket_stats_v3 kernel = {0};
	socklen_t size = sizeof(kernel);
	double seconds = (double)r->sending_ns / 1e9, offered = (double)r->offered;

	getsockopt(r->receive_fd, SOL_PACKET, PACKET_STATISTICS, &kernel, &size);
	qsort(r->latency_ns, r->received, sizeof(*r->latency_ns), compare);
	printf("{\"offered\":%" PRIu64 ",\"rate\":%.0f,\"refused\":%" PRIu64 ",\"received\":%" PRIu64
	       ",\"received_rate\":%.0f,\"lost\":%" PRIu64 ",\"loss_percent\":%.4f,\"duplicates\":%" PRIu64
	       ",\"reordered\":%" PRIu64 ",\"altered\":%" PRIu64 ",\"foreign\":%" PRIu64
	       ",\"receiver_dropped\":%u,\"p50_us\":%.1f,\"p99_us\":%.1f,\"p999_us\":%.1f,\"max_us\":%.1f}\n",
	       r->offered, offered / seconds, r->refused, r->received, (double)r->received / seconds,
	       r->offered - r->received, 100 * (offered - (double)r->received) / offered, r->duplicates, r->reordered,
	       r->altered, r->foreign, kernel.tp_drops, percentile_us(r, 0.5), percentile_us(r, 0.99),
	       percentile_us(r, 0.999), percentile_us(r, 1));
}

static void usage(FILE *file)
{
	fputs("usage: bench-load --from NAMESPACE[:INTERFACE] --to NAMESPACE[:INTERFACE] [--rate N|max] [--seconds N]\n"
	      "                  [--size OCTETS]\n"
	      "Namespaces are files; the interface is goose0 unless told. Prints one line of JSON.\n",
	      file);
}

static double number_of(const char *text, const char *what, double low, double high)
{
	char *end;
	double value = strtod(text, &end);

	if (*end || !(value >= low && value <= high))
		die("%s is not within %g..%g", what, low, high);
	return value;
}

static char *split(char *place, const char **interface)
{
	char *colon = strchr(place, ':');

	if (colon) {
		*colon = 0;
		*interface = colon + 1;
	}
	return place;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"from", required_argument, NULL, 'f'}, {"to", required_argument, NULL, 't'},
		{"rate", required_argument, NULL, 'r'}, {"seconds", required_argument, NULL, 's'},
		{"size", required_argument, NULL, 'z'}, {"help", no_argument, NULL, 'h'},
		{0},
	};
	static struct run r = {.rate = 1000, .from_interface = "goose0", .to_interface = "goose0"};
	double seconds = 1, size = 160;
	pthread_t sender;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'f':
			r.from = split(optarg, &r.from_interface);
			break;
		case 't':
			r.to = split(optarg, &r.to_interface);
			break;
		case 'r':
			r.rate = strcmp(optarg, "max") ? (uint64_t)number_of(optarg, "--rate", 1, RATE_MAX) : 0;
			break;
		case 's':
			seconds = number_of(optarg, "--seconds", 0.01, 600);
			break;
		case 'z':
			size = number_of(optarg, "--size", OCTETS_MIN, OCTETS_MAX);
			break;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	}
	if (!r.from || !r.to || optind < argc) {
		usage(stderr);
		return 2;
	}
	r.duration_ns = (uint64_t)(seconds * 1e9);
	r.capacity = (uint64_t)((double)(r.rate ? r.rate : RATE_MAX) * seconds + 1);
	r.seen = calloc(r.capacity, sizeof(*r.seen));
	r.latency_ns = calloc(r.capacity, sizeof(*r.latency_ns));
	if (!r.seen || !r.latency_ns)
		die("no memory for %" PRIu64 " frames", r.capacity);
	frame_make(&r.frame, (size_t)size);
	open_receiver(&r);
	open_sender(&r);
	if (pthread_create(&sender, NULL, send_all, &r))
		die("no thread");
	receive_all(&r);
	pthread_join(sender, NULL);
	report(&r);
	return 0;
}
