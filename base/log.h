/*
 * The log: one line an event, on stderr.
 *
 *	2026-11-22T10:00:00Z warn  channel#7 "BBC One": upstream ended attempt=1
 *
 * Under journald (JOURNAL_STREAM names stderr) the time is left out and the level is the
 * <N> prefix of sd-daemon(3). Secrets are hidden (base/redact.h) and control
 * bytes escaped before a line leaves, so nothing from outside can forge a line.
 *
 * Every call site is rate limited: after LOG_BURST lines within LOG_WINDOW_MS it
 * goes quiet, and says how many it left out when the window has passed.
 *
 * Library code does not log; it returns an err, and the top logs it once.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdint.h>

struct err;

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };
#define LOG_BURST     20
#define LOG_WINDOW_MS 10000
#define LOG_LINE_MAX  2048 /* bytes; a longer line is cut */

/* Whose line it is. NULL in place of one: the program itself. */
struct log {
	char prefix[96]; /* channel#7 "BBC One" */
};

/* One a call site, made by the macros. */
struct log_site {
	uint64_t window_ms; /* when its window began */
	unsigned count;     /* lines in this window */
};

void log_set_level(enum log_level level);
enum log_level log_level(void);
/* Lines go to `sink` instead of stderr (tests). NULL: stderr again. */
void log_set_sink(void (*sink)(enum log_level level, const char *line, void *arg), void *arg);

void log_init(struct log *log, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void log_write(struct log_site *site, enum log_level level, const struct log *log,
    const struct err *err, const char *fmt, ...) __attribute__((format(printf, 5, 6)));

#define LOG_AT(level, log, err, ...)                                               \
	do {                                                                       \
		static struct log_site log_site_;                                  \
		if ((level) <= log_level())                                        \
			log_write(&log_site_, (level), (log), (err), __VA_ARGS__); \
	} while (0)
#define log_error(log, ...)        LOG_AT(LOG_LEVEL_ERROR, log, NULL, __VA_ARGS__)
#define log_warn(log, ...)         LOG_AT(LOG_LEVEL_WARN, log, NULL, __VA_ARGS__)
#define log_info(log, ...)         LOG_AT(LOG_LEVEL_INFO, log, NULL, __VA_ARGS__)
#define log_debug(log, ...)        LOG_AT(LOG_LEVEL_DEBUG, log, NULL, __VA_ARGS__)
/* The same, with ": " and the err's text after the message. */
#define log_error_e(log, err, ...) LOG_AT(LOG_LEVEL_ERROR, log, err, __VA_ARGS__)
#define log_warn_e(log, err, ...)  LOG_AT(LOG_LEVEL_WARN, log, err, __VA_ARGS__)
#define log_info_e(log, err, ...)  LOG_AT(LOG_LEVEL_INFO, log, err, __VA_ARGS__)

#endif
