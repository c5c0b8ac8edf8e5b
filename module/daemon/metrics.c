/* SPDX-License-Identifier: Apache-2.0 */
/* metrics_listen: the report as OpenMetrics text over HTTP. On the control thread: nothing of it can delay a frame. */
#include "daemon_private.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <goose-bridge/clock.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TIMEOUT_S    5	  /* for a request to come, and for an answer to be taken */
#define HEADERS_MAX  8192 /* octets */
#define ANSWERS_MAX  8	  /* under way at a time: each may be megabytes */
#define BACKLOG	     16
/* A connection has one request, so it lives for about twice the time-out. So many in that time are taken; more wait in the
 * backlog: nobody can use up the descriptors that goose0 and the network may have to be opened with again.
 */
#define WINDOW_NS    (2 * TIMEOUT_S * GB_NS_PER_S)
#define ACCEPTED_MAX 64
#define CONTENT_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"

/* An answer under way. */
struct reply {
	struct daemon *daemon;
	char *text;
};

/* It was sent, or its client is gone. */
static void release(const void *text, size_t length, void *arg)
{
	struct reply *reply = arg;

	(void)text;
	(void)length;
	reply->daemon->metrics.answers--;
	free(reply->text);
	free(reply);
}

/* Puts the report into BODY, which releases it. False if there are too many answers under way, or memory is short. */
static bool put_report(struct daemon *d, struct evbuffer *body)
{
	struct reply *reply;
	size_t length;

	if (!body || d->metrics.answers >= ANSWERS_MAX || !(reply = calloc(1, sizeof(*reply))))
		return false;
	reply->daemon = d;
	reply->text = reporting_openmetrics(d, &length);
	if (reply->text && evbuffer_add_reference(body, reply->text, length, release, reply) == 0) {
		d->metrics.answers++;
		return true;
	}
	free(reply->text);
	free(reply);
	return false;
}

static void answer(struct evhttp_request *request, void *arg)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
	struct evbuffer *body = evbuffer_new();

	evhttp_add_header(headers, "Connection", "close");
	if (put_report(arg, body)) {
		evhttp_add_header(headers, "Content-Type", CONTENT_TYPE);
		evhttp_send_reply(request, HTTP_OK, "OK", body);
	} else {
		evhttp_send_error(request, HTTP_SERVUNAVAIL, NULL);
	}
	if (body)
		evbuffer_free(body);
}

static void refuse(struct evhttp_request *request, void *arg)
{
	(void)arg;
	evhttp_add_header(evhttp_request_get_output_headers(request), "Connection", "close");
	evhttp_send_error(request, HTTP_NOTFOUND, "There is /metrics here, and nothing else.");
}

/* ---- connections ---- */

static void pause_for(struct metrics *m, uint64_t ns)
{
	struct timeval wait = gb_clock_timeval(ns);

	evconnlistener_disable(m->listener);
	evtimer_add(m->again, &wait);
}

static void on_again(evutil_socket_t fd, short what, void *arg)
{
	struct metrics *m = arg;

	(void)fd;
	(void)what;
	evconnlistener_enable(m->listener);
}

/* Called for each connection that was accepted. */
static struct bufferevent *on_accepted(struct event_base *base, void *arg)
{
	struct metrics *m = arg;
	uint64_t now = gb_clock_mono_ns();

	if (now - m->window_ns >= WINDOW_NS) {
		m->window_ns = now;
		m->accepted = 0;
	}
	if (++m->accepted >= ACCEPTED_MAX)
		pause_for(m, m->window_ns + WINDOW_NS - now);
	m->failing = false;
	return bufferevent_socket_new(base, -1, 0);
}

/* Most likely there are no descriptors left. The connection goes on waiting, so trying at once would be for ever. */
static void on_failed(struct evconnlistener *listener, void *arg)
{
	struct metrics *m = arg;

	(void)listener;
	if (!m->failing)
		gb_warn("cannot accept connections for metrics: %s; tried again every second", strerror(errno));
	m->failing = true;
	pause_for(m, GB_NS_PER_S);
}

/* A socket bound to AT, which may be an address that this host has not got yet: it is opened once. Negative errno. */
static int bind_to(const struct sockaddr *at, socklen_t length)
{
	int fd = socket(at->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), yes = 1;

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) == 0 &&
	    setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &yes, sizeof(yes)) == 0 && bind(fd, at, length) == 0)
		return fd;
	int error = -errno;

	close(fd);
	return error;
}

/* Returns 0 or negative errno. */
static int listen_at(struct metrics *m, struct event_base *base, const char *address)
{
	struct sockaddr_storage at;
	int length = sizeof(at);

	if (evutil_parse_sockaddr_port(address, (struct sockaddr *)&at, &length) < 0)
		return -EINVAL;
	int fd = bind_to((struct sockaddr *)&at, (socklen_t)length);

	if (fd < 0)
		return fd;
	errno = 0;
	m->listener = evconnlistener_new(base, NULL, NULL, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, BACKLOG, fd);
	if (!m->listener) {
		int error = errno ? -errno : -ENOMEM;

		close(fd);
		return error;
	}
	if (!evhttp_bind_listener(m->http, m->listener)) {
		evconnlistener_free(m->listener);
		return -ENOMEM;
	}
	evconnlistener_set_error_cb(m->listener, on_failed);
	return 0;
}

void metrics_open(struct daemon *d)
{
	struct metrics *m = &d->metrics;
	int error = -ENOMEM;

	if (strcmp(d->config.metrics_listen, "off") == 0)
		return;
	m->http = evhttp_new(d->base);
	m->again = evtimer_new(d->base, on_again, m);
	if (m->http && m->again) {
		evhttp_set_allowed_methods(m->http, EVHTTP_REQ_GET);
		evhttp_set_timeout(m->http, TIMEOUT_S);
		evhttp_set_max_headers_size(m->http, HEADERS_MAX);
		evhttp_set_max_body_size(m->http, 0);
		evhttp_set_bevcb(m->http, on_accepted, m);
		evhttp_set_gencb(m->http, refuse, d);
		if (evhttp_set_cb(m->http, "/metrics", answer, d) == 0)
			error = listen_at(m, d->base, d->config.metrics_listen);
	}
	if (!error)
		return;
	gb_warn("cannot listen at metrics_listen = %s: %s; metrics are not served", d->config.metrics_listen,
		strerror(-error));
	metrics_close(d);
}

void metrics_close(struct daemon *d)
{
	struct metrics *m = &d->metrics;

	if (m->http)
		evhttp_free(m->http); /* with its listener */
	if (m->again)
		event_free(m->again);
	m->http = NULL;
	m->again = NULL;
}
