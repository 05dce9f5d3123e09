#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/list.h"
#include "base/redact.h"

static const char *const level_names[] = { "error", "warn", "info", "debug" };
/* sd-daemon(3) prefixes. */
static const char *const level_journal[] = { "<3>", "<4>", "<6>", "<7>" };

static enum log_level current = LOG_LEVEL_INFO;
static void (*sink_fn)(enum log_level, const char *, void *);
static void *sink_arg;

void
log_set_level(enum log_level level)
{
	current = level;
}

enum log_level
log_level(void)
{
	return current;
}

void
log_set_sink(void (*sink)(enum log_level level, const char *line, void *arg), void *arg)
{
	sink_fn = sink;
	sink_arg = arg;
}

void
log_init(struct log *log, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(log->prefix, sizeof(log->prefix), fmt, ap);
	va_end(ap);
}

/* True when the line may pass; *ret_missed counts those held back in the window before. */
static _Bool
site_allows(struct log_site *site, unsigned *ret_missed)
{
	uint64_t now = clock_ms(&clock_system);

	*ret_missed = 0;
	if (site->window_ms == 0 || now - site->window_ms >= LOG_WINDOW_MS) {
		if (site->count > LOG_BURST)
			*ret_missed = site->count - LOG_BURST;
		site->window_ms = now;
		site->count = 0;
	}
	return ++site->count <= LOG_BURST;
}

/*
 * Is stderr the journal's? Children inherit the variable and may have another
 * stderr, so it names the journal's device and inode (systemd.exec(5)).
 */
static _Bool
is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	return stream != NULL && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
	    fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

static void
add_head(struct buf *b, enum log_level level)
{
	time_t now = clock_wall(&clock_system);
	struct tm tm;
	char stamp[32];

	if (is_journal()) {
		buf_str(b, level_journal[level]);
		return;
	}
	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &tm);
	buf_printf(b, "%s %-5s ", stamp, level_names[level]);
}

static void
emit(enum log_level level, const char *message)
{
	struct buf clean = BUF_INIT(4 * LOG_LINE_MAX), line = BUF_INIT(16 * LOG_LINE_MAX);

	redact_add(&clean, message);
	if (sink_fn == NULL)
		add_head(&line, level);
	buf_visible(&line, buf_status(&clean) == 0 ? clean.data : "(line lost: too long)");
	if (sink_fn != NULL) {
		sink_fn(level, line.data, sink_arg);
	} else {
		buf_char(&line, '\n');
		(void)file_write_all(STDERR_FILENO, line.data, line.len, NULL);
	}
	buf_release(&clean);
	buf_release(&line);
}

void
log_write(struct log_site *site, enum log_level level, const struct log *log, const struct err *err,
    const char *fmt, ...)
{
	char message[LOG_LINE_MAX], note[48] = "";
	unsigned missed;
	size_t len = 0, room;
	va_list ap;

	if (!site_allows(site, &missed))
		return;
	if (missed > 0)
		snprintf(note, sizeof(note), " (%u more like it left out)", missed);
	room = sizeof(message) - strlen(note);
	if (log != NULL)
		len = (size_t)snprintf(message, room, "%s: ", log->prefix);
	va_start(ap, fmt);
	vsnprintf(message + len, room - len, fmt, ap);
	va_end(ap);
	len = strlen(message);
	if (err != NULL)
		snprintf(message + len, room - len, ": %s", err->text);
	len = strlen(message);
	snprintf(message + len, sizeof(message) - len, "%s", note);
	emit(level, message);
}
