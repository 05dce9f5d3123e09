/*
 * The texts of a config that say when: refreshes, shifts and zones.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/opt.h"
#include "epg/wanted.h"
#include "gateway/config.h"
#include "gateway/config_parts.h"

#define MINUTE_MS UINT64_C(60000)
#define DAY_MS    (24 * 60 * MINUTE_MS)
#define ZONES     "/usr/share/zoneinfo"

/* "04:30" as minutes of the day; -1: it is none. */
static int
clock_minute(const char *text)
{
	size_t digits = strspn(text, "0123456789");
	unsigned long hour, minute;

	if (digits < 1 || digits > 2 || text[digits] != ':' ||
	    strspn(text + digits + 1, "0123456789") != 2 || text[digits + 3] != '\0')
		return -1;
	hour = strtoul(text, NULL, 10);
	minute = strtoul(text + digits + 1, NULL, 10);
	return hour < 24 && minute < 60 ? (int)(hour * 60 + minute) : -1;
}

static int
read_refresh(const char *text, uint64_t *ret_ms, int *ret_minute, struct err *err)
{
	*ret_ms = 0;
	*ret_minute = clock_minute(text);
	if (*ret_minute >= 0)
		return 0;
	if (opt_parse_number(OPT_MSEC, text, ret_ms) < 0 ||
	    (*ret_ms != 0 && (*ret_ms < MINUTE_MS || *ret_ms > 30 * DAY_MS)))
		return err_set(err, EINVAL,
		    "'%.20s' is not 0 or a time from 1m to 30d, nor a time of the day like 04:30",
		    text);
	return 0;
}

int
config_check_refresh(const char *text, struct err *err)
{
	uint64_t ms;
	int minute;

	return read_refresh(text, &ms, &minute, err);
}

static int
read_shift(const char *text, int32_t *ret, struct err *err)
{
	_Bool minus = text[0] == '-';
	uint64_t ms;

	if (opt_parse_number(OPT_MSEC, text + (minus || text[0] == '+' ? 1 : 0), &ms) < 0 ||
	    ms % 1000 != 0 || ms / 1000 > WANTED_SHIFT_MAX)
		return err_set(err, EINVAL,
		    "'%.20s' is no shift of up to 14d; it must be like +1h, -30m or 0", text);
	*ret = minus ? -(int32_t)(ms / 1000) : (int32_t)(ms / 1000);
	return 0;
}

int
config_check_timeshift(const char *text, struct err *err)
{
	int32_t shift;

	return read_shift(text, &shift, err);
}

/* The data of a zone (RFC 8536), not a folder of such. */
static _Bool
is_zone_file(const char *path)
{
	static const char magic[] = { 'T', 'Z', 'i', 'f' };
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char head[sizeof(magic)];
	_Bool is;

	if (fd == -1)
		return 0;
	is = read(fd, head, sizeof(head)) == sizeof(head) && memcmp(head, magic, sizeof(head)) == 0;
	(void)close(fd);
	return is;
}

/* A name of the tz database, as it stands below /usr/share/zoneinfo. */
int
config_check_zone(const char *text, struct err *err)
{
	char path[128];

	for (const char *p = text; *p != '\0'; p++) {
		if (!isalnum((unsigned char)*p) && strchr("+-_/", *p) == NULL)
			goto bad;
	}
	snprintf(path, sizeof(path), "%s/%s", ZONES, text);
	if (!isalpha((unsigned char)text[0]) || strstr(text, "//") != NULL)
		goto bad;
	if (access(ZONES, F_OK) == 0 && !is_zone_file(path))
		goto bad;
	return 0;
bad:
	return err_set(err, EINVAL,
	    "there is no time zone '%.64s' on this system; it must be a name like Europe/London",
	    text);
}

static void
read_times(struct config_source *s)
{
	if (s->refresh != NULL)
		(void)read_refresh(s->refresh, &s->refresh_ms, &s->refresh_minute, NULL);
}

void
config_read_times(struct config *c)
{
	for (size_t i = 0; i < c->playlist_count; i++)
		read_times(&c->playlists[i].source);
	for (size_t i = 0; i < c->guide_count; i++) {
		read_times(&c->guides[i].source);
		if (c->guides[i].timeshift != NULL)
			(void)read_shift(c->guides[i].timeshift, &c->guides[i].shift_s, NULL);
	}
}
