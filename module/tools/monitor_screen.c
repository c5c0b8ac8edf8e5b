/* SPDX-License-Identifier: Apache-2.0 */
/* The full-screen view: draws pages on a terminal and hands it keys. All else is in files that need no terminal. */
#include "monitor.h"

#include "monitor_page.h"

#include <curses.h>
#include <errno.h>
#include <goose-bridge/clock.h>
#include <json-c/json.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define REDRAW_MS     1000 /* for the clock in the title */
#define ESCAPE_MS     50   /* after which Esc is a key, and not the start of one */
#define READS_IN_VAIN 20 /* of a terminal that says it has something: it is gone */

static volatile sig_atomic_t told_to_end;

static void on_end(int signal_number)
{
	(void)signal_number;
	told_to_end = 1;
}

static bool coloured(void)
{
	return has_colors() && !getenv("NO_COLOR");
}

bool monitor_screen_open(const char **why)
{
	*why = NULL;
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return false;
	if (!newterm(NULL, stdout, stdin)) {
		*why = "this type of terminal (TERM) is not known, so here is plain text";
		return false;
	}
	cbreak();
	noecho();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(ESCAPE_MS);
	curs_set(0);
	if (coloured() && start_color() == OK && use_default_colors() == OK) {
		init_pair(MONITOR_GOOD, COLOR_GREEN, -1);
		init_pair(MONITOR_NOTE, COLOR_CYAN, -1);
		init_pair(MONITOR_WARNING, COLOR_YELLOW, -1);
		init_pair(MONITOR_BAD, COLOR_RED, -1);
		init_pair(MONITOR_BAD_TITLE, COLOR_WHITE, COLOR_RED);
	}
	return true;
}

/* Without colours pairs are as the terminal is. */
static attr_t attributes(const struct monitor_line *line)
{
	attr_t selected = line->selected ? A_REVERSE : 0;

	switch (line->style) {
	case MONITOR_TITLE:
		return A_REVERSE | A_BOLD;
	case MONITOR_BAD_TITLE:
		return A_BOLD | (coloured() ? (attr_t)COLOR_PAIR(MONITOR_BAD_TITLE) : A_REVERSE);
	case MONITOR_HEAD:
		return A_REVERSE;
	case MONITOR_WARNING:
	case MONITOR_BAD:
		return selected | A_BOLD | (attr_t)COLOR_PAIR(line->style);
	case MONITOR_GOOD:
	case MONITOR_NOTE:
		return selected | (attr_t)COLOR_PAIR(line->style);
	case MONITOR_NORMAL:
		break;
	}
	return selected;
}

static void draw(const struct monitor_page *page)
{
	int rows = getmaxy(stdscr), columns = getmaxx(stdscr);

	erase();
	for (size_t i = 0; i < page->lines && (int)i < rows; i++) {
		const struct monitor_line *line = &page->line[i];

		attrset((int)attributes(line));
		if (line->selected || line->style == MONITOR_TITLE || line->style == MONITOR_BAD_TITLE ||
		    line->style == MONITOR_HEAD)
			mvhline((int)i, 0, ' ', columns);
		mvaddnstr((int)i, 0, line->text, columns);
	}
	attrset(A_NORMAL);
	refresh();
}

static int key_of(int code)
{
	static const struct {
		int code;
		int key;
	} keys[] = {
		{KEY_UP, MONITOR_KEY_UP},	    {KEY_DOWN, MONITOR_KEY_DOWN},   {KEY_PPAGE, MONITOR_KEY_PAGE_UP},
		{KEY_NPAGE, MONITOR_KEY_PAGE_DOWN}, {KEY_HOME, MONITOR_KEY_HOME},   {KEY_END, MONITOR_KEY_END},
		{KEY_ENTER, MONITOR_KEY_ENTER},	    {'\n', MONITOR_KEY_ENTER},	    {'\r', MONITOR_KEY_ENTER},
		{27, MONITOR_KEY_ESCAPE},	    {KEY_BACKSPACE, MONITOR_KEY_BACKSPACE},
		{127, MONITOR_KEY_BACKSPACE},	    {'\b', MONITOR_KEY_BACKSPACE},
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i].code == code)
			return keys[i].key;
	return code < ' ' || code > '~' ? 0 : code;
}

struct screen {
	const struct monitor_settings *settings;
	struct monitor_source *source;
	struct monitor_model *model; /* NULL: no answer yet */
	struct monitor_answer latest;
	uint64_t since_ns;    /* monotonic: of the latest answer, or the start */
	uint64_t answered_ns; /* UTC */
	struct monitor_view view;
	struct monitor_page page;
};

static void take_answer(struct screen *screen)
{
	struct monitor_model *model;

	if (!monitor_source_take(screen->source, &screen->latest) || !screen->latest.object)
		return;
	model = monitor_model_create(screen->model, screen->latest.object, screen->latest.at_ns, screen->latest.utc_ns);
	json_object_put(screen->latest.object);
	screen->latest.object = NULL;
	if (!model) {
		snprintf(screen->latest.error, sizeof(screen->latest.error), "Memory is short.");
		return;
	}
	monitor_model_destroy(screen->model);
	screen->model = model;
	screen->since_ns = screen->latest.at_ns;
	screen->answered_ns = screen->latest.utc_ns;
}

static void show(struct screen *screen)
{
	struct monitor_link link = {
		.error = *screen->latest.error ? screen->latest.error : NULL,
		.silent_s = (double)(gb_clock_mono_ns() - screen->since_ns) / (double)GB_NS_PER_S,
		.interval_s = screen->settings->interval_s,
		.utc_ns = gb_clock_utc_ns(),
		.answered_ns = screen->answered_ns,
	};

	monitor_page_screen(&screen->page, screen->model, &link, &screen->view, (size_t)getmaxx(stdscr),
			    (size_t)getmaxy(stdscr));
	draw(&screen->page);
}

/* Does what the keys that were pressed mean. Returns how many there were. */
static int take_keys(struct screen *screen)
{
	int taken = 0, code;

	while (!screen->view.quit && (code = getch()) != ERR) {
		taken++;
		if (code == KEY_RESIZE)
			continue;
		if (code == 'L' - '@') /* Ctrl-L, as everywhere */
			clearok(curscr, TRUE);
		else if (key_of(code))
			monitor_view_key(&screen->view, key_of(code));
		show(screen); /* what a key does depends on what is shown */
	}
	return taken;
}

/* Until the user or a signal ends it, or the terminal is gone. */
static void loop(struct screen *screen, const sigset_t *while_waiting)
{
	const struct timespec redraw = {.tv_sec = REDRAW_MS / 1000, .tv_nsec = REDRAW_MS % 1000 * 1000000L};
	int in_vain = 0;

	while (!screen->view.quit && !told_to_end && in_vain < READS_IN_VAIN) {
		struct pollfd ready[2] = {{.fd = STDIN_FILENO, .events = POLLIN},
					  {.fd = monitor_source_fd(screen->source), .events = POLLIN}};
		bool readable;

		show(screen);
		if (ppoll(ready, 2, &redraw, while_waiting) < 0 && errno != EINTR)
			return;
		if (ready[0].revents & (POLLHUP | POLLERR | POLLNVAL))
			return;
		readable = ready[0].revents & POLLIN;
		in_vain = take_keys(screen) == 0 && readable ? in_vain + 1 : 0;
		take_answer(screen);
	}
}

int monitor_screen(const struct monitor_settings *settings)
{
	struct screen screen = {
		.settings = settings,
		.source = monitor_source_create(settings->socket_path, settings->interval_s),
		.since_ns = gb_clock_mono_ns(),
	};
	struct sigaction end = {.sa_handler = on_end};
	sigset_t blocked, before;
	int status = MONITOR_BAD_NEWS;

	/* they come while it waits, and at no other time: none is missed */
	sigemptyset(&blocked);
	for (size_t i = 0; i < 4; i++)
		sigaddset(&blocked, (int[]){SIGINT, SIGTERM, SIGHUP, SIGWINCH}[i]);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	for (size_t i = 0; i < 3; i++)
		sigaction((int[]){SIGINT, SIGTERM, SIGHUP}[i], &end, NULL);
	if (screen.source) {
		loop(&screen, &before);
		status = MONITOR_DONE;
	}
	endwin(); /* before the wait for a question that is under way */
	if (!screen.source)
		fputs("goose-bridge-monitor: memory or threads are short\n", stderr);
	monitor_source_destroy(screen.source);
	monitor_model_destroy(screen.model);
	monitor_page_free(&screen.page);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return status;
}
