#include "base/log.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/redact.h"
#include "unit.h"

/* -- through the sink -------------------------------------------------------------- */

static void
keep(enum log_level level, const char *line, void *arg)
{
	static const char *const names[] = { "error", "warn", "info", "debug" };

	buf_printf(arg, "%s|%s\n", names[level], line);
}

START_TEST(a_line_has_its_object_its_message_and_its_error)
{
	struct buf lines = BUF_INIT(4096);
	struct err err = ERR_INIT;
	struct log log;

	log_set_sink(keep, &lines);
	log_init(&log, "channel#%d \"%s\"", 7, "One");
	err_set(&err, 5, "no answer");
	log_info(NULL, "hello %s", "you");
	log_warn(&log, "late=%d", 3);
	log_error_e(&log, &err, "attempt=%d", 1);
	ck_assert_str_eq(lines.data,
	    "info|hello you\nwarn|channel#7 \"One\": late=3\n"
	    "error|channel#7 \"One\": attempt=1: no answer\n");
	log_set_sink(NULL, NULL);
	buf_release(&lines);
}
END_TEST

START_TEST(only_lines_of_the_level_leave)
{
	struct buf lines = BUF_INIT(4096);

	log_set_sink(keep, &lines);
	for (int level = LOG_LEVEL_ERROR; level <= LOG_LEVEL_DEBUG; level++) {
		log_set_level((enum log_level)level);
		ck_assert_int_eq(log_level(), level);
		buf_clear(&lines);
		log_error(NULL, "e");
		log_warn(NULL, "w");
		log_info(NULL, "i");
		log_debug(NULL, "d");
		ck_assert_uint_eq(lines.len,
		    strlen("error|e\nwarn|w\ninfo|i\ndebug|d\n") -
			(level < LOG_LEVEL_DEBUG ? strlen("debug|d\n") : 0) -
			(level < LOG_LEVEL_INFO ? strlen("info|i\n") : 0) -
			(level < LOG_LEVEL_WARN ? strlen("warn|w\n") : 0));
	}
	log_set_sink(NULL, NULL);
	buf_release(&lines);
}
END_TEST

static const struct {
	const char *text, *line;
} hostile[] = {
	{ "two\nlines\r", "two\\x0alines\\x0d" },
	{ "\x1b[31mred\x07", "\\x1b[31mred\\x07" },
	{ "tab\there", "tab\\x09here" },
	{ "\x7f", "\\x7f" },
	{ "C1 \xc2\x9b"
	  "31m",
	    "C1 \\xc2\\x9b31m" },
	{ "line sep \xe2\x80\xa8 par sep \xe2\x80\xa9",
	    "line sep \\xe2\\x80\\xa8 par sep \\xe2\\x80\\xa9" },
	{ "caf\xc3\xa9 \xe2\x82\xac", "caf\xc3\xa9 \xe2\x82\xac" },
	{ "cut \xc2", "cut \\xc2" },
	{ "cut \xe2\x80", "cut \\xe2\\x80" },
	{ "C1 in one byte \x9b", "C1 in one byte \\x9b" },
	{ "%s%n", "%s%n" },
	{ "http://bob:pw@h/", "http://***@h/" },
	{ "hunter2", "***" },
};

START_TEST(nothing_from_outside_forges_a_line_or_shows_a_secret)
{
	struct buf lines = BUF_INIT(4096);
	struct err err = ERR_INIT;
	struct log log;
	char want[256];

	redact_secret("hunter2");
	log_set_sink(keep, &lines);
	log_warn(NULL, "%s", hostile[_i].text);
	snprintf(want, sizeof(want), "warn|%s\n", hostile[_i].line);
	ck_assert_str_eq(lines.data, want);
	/* The same by way of the object and of the error. */
	buf_clear(&lines);
	log_init(&log, "%s", hostile[_i].text);
	err_set(&err, 5, "%s", hostile[_i].text);
	log_warn_e(&log, &err, "x");
	snprintf(want, sizeof(want), "warn|%s: x: %s\n", hostile[_i].line, hostile[_i].line);
	ck_assert_str_eq(lines.data, want);
	log_set_sink(NULL, NULL);
	buf_release(&lines);
	redact_forget();
}
END_TEST

START_TEST(a_long_line_is_cut_and_a_secret_at_the_cut_is_hidden)
{
	struct buf lines = BUF_INIT(64 * LOG_LINE_MAX);
	struct buf text = BUF_INIT(4 * LOG_LINE_MAX);

	redact_secret("S3cr3tW0rd");
	for (size_t pad = LOG_LINE_MAX - 20; pad < LOG_LINE_MAX + 2; pad++) {
		struct log_site site = { 0, 0 };

		buf_clear(&text);
		buf_printf(&text, "%0*d S3cr3tW0rd", (int)pad, 0);
		buf_clear(&lines);
		log_set_sink(keep, &lines);
		log_write(&site, LOG_LEVEL_WARN, NULL, NULL, "%s", text.data);
		ck_assert_uint_le(lines.len, LOG_LINE_MAX + strlen("warn|\n"));
		ck_assert_ptr_null(strstr(lines.data, "S3cr"));
	}
	/* The most that escaping can make of one. */
	memset(text.data, 1, text.len);
	buf_clear(&lines);
	log_warn(NULL, "%s", text.data);
	ck_assert_uint_gt(lines.len, LOG_LINE_MAX);
	ck_assert_ptr_null(strstr(lines.data, "lost"));
	log_set_sink(NULL, NULL);
	buf_release(&lines);
	buf_release(&text);
	redact_forget();
}
END_TEST

START_TEST(a_call_site_that_floods_goes_quiet_and_says_how_much_it_left_out)
{
	struct log_site site = { 0, 0 }, other = { 0, 0 };
	struct buf lines = BUF_INIT(65536);
	unsigned count = 0;

	log_set_sink(keep, &lines);
	for (unsigned i = 0; i < LOG_BURST + 5; i++)
		log_write(&site, LOG_LEVEL_WARN, NULL, NULL, "line %u", i);
	for (const char *p = lines.data; (p = strchr(p, '\n')) != NULL; p++)
		count++;
	ck_assert_uint_eq(count, LOG_BURST);
	buf_clear(&lines);
	log_write(&other, LOG_LEVEL_WARN, NULL, NULL, "another site");
	ck_assert_str_eq(lines.data, "warn|another site\n");
	/* The window passes. */
	site.window_ms -= LOG_WINDOW_MS;
	buf_clear(&lines);
	log_write(&site, LOG_LEVEL_WARN, NULL, NULL, "again");
	log_write(&site, LOG_LEVEL_WARN, NULL, NULL, "and again");
	ck_assert_str_eq(lines.data, "warn|again (5 more like it left out)\nwarn|and again\n");
	/* Also when the line itself is too long. */
	site.window_ms -= LOG_WINDOW_MS;
	site.count = LOG_BURST + 7;
	buf_clear(&lines);
	log_write(&site, LOG_LEVEL_WARN, NULL, NULL, "%0*d", 2 * LOG_LINE_MAX, 0);
	ck_assert_ptr_nonnull(strstr(lines.data, "0 (7 more like it left out)\n"));
	log_set_sink(NULL, NULL);
	buf_release(&lines);
}
END_TEST

/* -- on stderr ----------------------------------------------------------------------- */

/* What one warning looks like on a stderr that is a pipe. */
static void
line_on_stderr(const char *journal_stream, char *out, size_t size)
{
	int pipes[2], saved = dup(STDERR_FILENO);
	char stream[64];
	struct stat st;
	ssize_t n;

	ck_assert_int_eq(pipe(pipes), 0);
	ck_assert_int_eq(fstat(pipes[1], &st), 0);
	snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)st.st_dev,
	    (unsigned long long)st.st_ino);
	if (journal_stream != NULL)
		setenv("JOURNAL_STREAM", *journal_stream != '\0' ? journal_stream : stream, 1);
	else
		unsetenv("JOURNAL_STREAM");
	ck_assert_int_eq(dup2(pipes[1], STDERR_FILENO), STDERR_FILENO);
	log_warn(NULL, "message");
	ck_assert_int_eq(dup2(saved, STDERR_FILENO), STDERR_FILENO);
	n = read(pipes[0], out, size - 1);
	ck_assert_int_gt(n, 0);
	out[n] = '\0';
	(void)close(pipes[0]);
	(void)close(pipes[1]);
	(void)close(saved);
}

START_TEST(stderr_gets_time_and_level_and_the_journal_a_prefix)
{
	char line[256];
	int year, end = 0;

	line_on_stderr(NULL, line, sizeof(line));
	ck_assert_int_eq(
	    sscanf(line, "%4d-%*2d-%*2dT%*2d:%*2d:%*2dZ warn  message\n%n", &year, &end), 1);
	ck_assert_uint_eq(end, strlen(line));
	line_on_stderr("", line, sizeof(line));
	ck_assert_str_eq(line, "<4>message\n");
	/* Inherited from a parent whose stderr it was. */
	line_on_stderr("1:2", line, sizeof(line));
	ck_assert_ptr_nonnull(strstr(line, "Z warn  message\n"));
	line_on_stderr("rubbish", line, sizeof(line));
	ck_assert_ptr_nonnull(strstr(line, "Z warn  message\n"));
}
END_TEST

UNIT_MAIN("log", UNIT_TEST(a_line_has_its_object_its_message_and_its_error),
    UNIT_TEST(only_lines_of_the_level_leave),
    UNIT_ROWS(nothing_from_outside_forges_a_line_or_shows_a_secret, ARRAY_LEN(hostile)),
    UNIT_TEST(a_long_line_is_cut_and_a_secret_at_the_cut_is_hidden),
    UNIT_TEST(a_call_site_that_floods_goes_quiet_and_says_how_much_it_left_out),
    UNIT_TEST(stderr_gets_time_and_level_and_the_journal_a_prefix))
