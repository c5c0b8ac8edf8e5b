/* SPDX-License-Identifier: Apache-2.0 */
/* What keys do to what is shown. */
#include "monitor_page.h"

#include <string.h>

/* Esc empties the filter, Enter keeps it. */
static void edit(struct monitor_view *view, int key)
{
	size_t length = strlen(view->filter);

	switch (key) {
	case MONITOR_KEY_ESCAPE:
		view->filter[0] = '\0';
		view->editing = false;
		break;
	case MONITOR_KEY_ENTER:
		view->editing = false;
		break;
	case MONITOR_KEY_BACKSPACE:
		if (length > 0)
			view->filter[length - 1] = '\0';
		break;
	default:
		if (key >= ' ' && key <= '~' && length + 1 < sizeof(view->filter)) {
			view->filter[length] = (char)key;
			view->filter[length + 1] = '\0';
		}
	}
	view->selected = view->top = 0;
}

static void sort_by(struct monitor_view *view, enum monitor_sort sort)
{
	view->sort = sort;
	view->selected = view->top = 0;
}

static void move_to(struct monitor_view *view, size_t selected)
{
	view->selected = view->chosen == 0 ? 0 : selected < view->chosen ? selected : view->chosen - 1;
	view->moved = true;
}

static void move(struct monitor_view *view, int key)
{
	size_t at = view->selected, page = view->visible ? view->visible : 1;

	switch (key) {
	case MONITOR_KEY_UP:
	case 'k':
		move_to(view, at > 0 ? at - 1 : 0);
		break;
	case MONITOR_KEY_DOWN:
	case 'j':
		move_to(view, at + 1);
		break;
	case MONITOR_KEY_PAGE_UP:
		move_to(view, at > page ? at - page : 0);
		break;
	case MONITOR_KEY_PAGE_DOWN:
	case ' ':
		move_to(view, at + page);
		break;
	case MONITOR_KEY_HOME:
		move_to(view, 0);
		break;
	case MONITOR_KEY_END:
		move_to(view, view->chosen);
		break;
	default:
		break;
	}
}

void monitor_view_key(struct monitor_view *view, int key)
{
	if (view->editing) {
		edit(view, key);
		return;
	}
	if (view->help) {
		view->help = false;
		view->quit = key == 'q';
		return;
	}
	switch (key) {
	case 'q':
	case 'Q':
		view->quit = true;
		break;
	case '?':
	case 'h':
		view->help = true;
		break;
	case '/':
		view->editing = true;
		break;
	case MONITOR_KEY_ESCAPE:
		edit(view, key);
		break;
	case 'a':
		sort_by(view, MONITOR_BY_ALARM);
		break;
	case 'r':
		sort_by(view, MONITOR_BY_RATE);
		break;
	case 'n':
		sort_by(view, MONITOR_BY_NAME);
		break;
	default:
		move(view, key);
	}
}
