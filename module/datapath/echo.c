/* SPDX-License-Identifier: Apache-2.0 */
#include "echo.h"

#include <errno.h>
#include <goose-bridge/clock.h>
#include <stdlib.h>

struct request {
	uint64_t nonce;
	uint64_t sent_ns; /* monotonic; 0 = there is none here */
	uint64_t sent_utc_ns;
	size_t answers;
	struct gb_echo_answer answer[GB_ECHO_ANSWERS_MAX];
};

struct echo {
	unsigned next; /* where the next request goes: in place of the oldest */
	struct request request[ECHO_REQUESTS_KEPT];
};

struct echo *echo_create(void)
{
	return calloc(1, sizeof(struct echo));
}

void echo_destroy(struct echo *echo)
{
	free(echo);
}

bool echo_asked(struct echo *echo, uint64_t nonce, uint64_t now_ns, uint64_t utc_ns)
{
	struct request *request = &echo->request[echo->next];

	if (request->sent_ns != 0 && now_ns - request->sent_ns < GB_NS_PER_S)
		return false;
	echo->next = (echo->next + 1) % ECHO_REQUESTS_KEPT;
	request->nonce = nonce;
	request->sent_ns = now_ns;
	request->sent_utc_ns = utc_ns;
	request->answers = 0;
	return true;
}

int echo_ask(struct echo *echo, struct worker *worker, uint64_t nonce)
{
	const struct gb_datapath_runtime *use = worker->runtime ? &worker->runtime->use : NULL;
	const struct gb_echo request = {.nonce = nonce};
	uint64_t utc_ns = gb_clock_utc_ns();
	uint8_t octets[GB_NATIVE_CONTROL_MAX];
	struct gb_native_header header;

	if (!use || !use->transport)
		return -ENETDOWN;
	if (use->wire_format != GB_WIRE_NATIVE)
		return -EOPNOTSUPP;
	if (!echo_asked(echo, nonce, gb_clock_mono_ns(), utc_ns))
		return -EBUSY;
	header = datapath_header(worker->datapath, use, GB_NATIVE_ECHO_REQUEST, LANE_ECHO, utc_ns);
	return gb_transport_send_one(use->transport, octets, gb_native_put_echo(octets, &header, &request));
}

/* Its number, or ECHO_REQUESTS_KEPT if there is none. */
static unsigned find(const struct echo *echo, uint64_t nonce)
{
	unsigned i = 0;

	while (i < ECHO_REQUESTS_KEPT && (echo->request[i].sent_ns == 0 || echo->request[i].nonce != nonce))
		i++;
	return i;
}

/* By the kernel's time of receipt, which is no later than what this process knows; but that clock may have been set
 * meanwhile, and the other one never is.
 */
static uint64_t round_trip(const struct request *request, uint64_t received_utc_ns, uint64_t now_ns)
{
	uint64_t longest = now_ns - request->sent_ns;
	uint64_t taken = received_utc_ns - request->sent_utc_ns;

	return received_utc_ns > request->sent_utc_ns && taken < longest ? taken : longest;
}

void echo_answered(struct echo *echo, const struct gb_echo *reply, uint64_t sender_id, struct in_addr source,
		   uint64_t received_utc_ns, uint64_t now_ns)
{
	unsigned which = find(echo, reply->nonce);
	struct request *request;

	if (which == ECHO_REQUESTS_KEPT || echo->request[which].answers == GB_ECHO_ANSWERS_MAX)
		return;
	request = &echo->request[which];
	for (size_t i = 0; i < request->answers; i++)
		if (request->answer[i].sender_id == sender_id && request->answer[i].address.s_addr == source.s_addr)
			return;
	request->answer[request->answers++] =
		(struct gb_echo_answer){.sender_id = sender_id, .address = source, .held_ns = reply->held_ns,
					.round_trip_ns = round_trip(request, received_utc_ns, now_ns)};
}

int echo_answers(const struct echo *echo, uint64_t nonce, struct gb_echo_answer *answer, size_t max)
{
	unsigned which = find(echo, nonce);
	const struct request *request;
	size_t count;

	if (which == ECHO_REQUESTS_KEPT)
		return -ENOENT;
	request = &echo->request[which];
	count = request->answers < max ? request->answers : max;
	for (size_t i = 0; i < count; i++)
		answer[i] = request->answer[i];
	return (int)count;
}
