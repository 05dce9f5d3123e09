#include "base/wire.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sandbox.h"
#include "unit.h"

/* -- a parent that writes down what it hears ---------------------------------- */

static int
hear_hello(struct wire_msg *msg, void *arg, struct err *err)
{
	unsigned level = wire_get_u8(msg);

	(void)err;
	if (wire_get_end(msg))
		buf_printf(arg, "hello %u;", level);
	return 0;
}

static int
hear_progress(struct wire_msg *msg, void *arg, struct err *err)
{
	uint64_t done = wire_get_u64(msg), total = wire_get_u64(msg);

	(void)err;
	if (wire_get_end(msg))
		buf_printf(arg, "progress %ju/%ju;", (uintmax_t)done, (uintmax_t)total);
	return 0;
}

static int
hear_note(struct wire_msg *msg, void *arg, struct err *err)
{
	char text[WIRE_TEXT_MAX + 1];
	uint32_t line = wire_get_u32(msg);

	wire_get_str(msg, text, sizeof(text));
	if (!wire_get_end(msg))
		return 0;
	if (strcmp(text, "enough") == 0)
		return err_set(err, ECANCELED, "the handler has had enough");
	buf_printf(arg, "note %u '%s';", line, text);
	return 0;
}

static int
hear_result(struct wire_msg *msg, void *arg, struct err *err)
{
	char key[WIRE_KEY_MAX + 1];
	uint64_t value;

	(void)err;
	wire_get_str(msg, key, sizeof(key));
	value = wire_get_u64(msg);
	if (wire_get_end(msg))
		buf_printf(arg, "%s=%ju;", key, (uintmax_t)value);
	return 0;
}

static int
hear_fail(struct wire_msg *msg, void *arg, struct err *err)
{
	char text[WIRE_TEXT_MAX + 1];
	uint32_t code = wire_get_u32(msg);

	(void)err;
	wire_get_str(msg, text, sizeof(text));
	if (wire_get_end(msg))
		buf_printf(arg, "fail %u '%s';", code, text);
	return 0;
}

#define HELLO (1u << WIRE_PHASE_HELLO)
#define WORK  (1u << WIRE_PHASE_WORK)

static const struct wire_rule rules[] = {
	{ WIRE_HELLO, HELLO, 1, WIRE_PHASE_WORK, hear_hello },
	{ WIRE_PROGRESS, WORK, 16, WIRE_PHASE_WORK, hear_progress },
	{ WIRE_NOTE, WORK, WIRE_PAYLOAD_MAX, WIRE_PHASE_WORK, hear_note },
	{ WIRE_RESULT, WORK, 2 + WIRE_KEY_MAX + 8, WIRE_PHASE_WORK, hear_result },
	{ WIRE_DONE, WORK, 0, WIRE_PHASE_END, NULL },
	{ WIRE_FAIL, HELLO | WORK, WIRE_PAYLOAD_MAX, WIRE_PHASE_END, hear_fail },
};

/* Feeds a copy of the bytes, so that a read beyond them is seen by a sanitizer. */
static int
feed(struct wire_reader *r, const char *data, size_t len, size_t step, struct err *err)
{
	int rc = 0;

	for (size_t at = 0; at < len && rc == 0; at += step) {
		size_t n = len - at < step ? len - at : step;
		char *piece = malloc(n);

		ck_assert_ptr_nonnull(piece);
		memcpy(piece, data + at, n);
		rc = wire_feed(r, piece, n, err);
		free(piece);
	}
	return rc;
}

static void
add_frame(struct buf *b, unsigned type, unsigned reserved, uint32_t claim, const void *payload,
    size_t len)
{
	const uint16_t head[] = { (uint16_t)type, (uint16_t)reserved };

	buf_add(b, head, sizeof(head));
	buf_add(b, &claim, sizeof(claim));
	buf_add(b, payload, len);
}

/* What is on the socket when its writer has gone. */
static void
read_all(int fd, struct buf *b)
{
	char piece[4096];
	ssize_t n;

	while ((n = read(fd, piece, sizeof(piece))) > 0)
		buf_add(b, piece, (size_t)n);
	ck_assert_int_eq(n, 0);
	ck_assert_int_eq(buf_status(b), 0);
}

/* A whole life, as the worker's functions write it. */
static void
record_life(struct buf *b)
{
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	ck_assert_int_eq(wire_hello(pair[1], SANDBOX_HAS_FLOOR), 0);
	ck_assert_int_eq(wire_progress(pair[1], 1, UINT64_MAX), 0);
	ck_assert_int_eq(wire_note(pair[1], 12, "no comma"), 0);
	ck_assert_int_eq(wire_note(pair[1], 0, ""), 0);
	ck_assert_int_eq(wire_result(pair[1], "entries", 370000), 0);
	ck_assert_int_eq(wire_done(pair[1]), 0);
	close(pair[1]);
	read_all(pair[0], b);
	close(pair[0]);
}

#define LIFE "hello 1;progress 1/18446744073709551615;note 12 'no comma';note 0 '';entries=370000;"

/* -- the tests ---------------------------------------------------------------- */

START_TEST(what_a_worker_says_is_heard_however_it_is_cut)
{
	struct buf bytes = BUF_INIT(1000), heard = BUF_INIT(1000);

	record_life(&bytes);
	for (size_t step = 1; step <= bytes.len; step++) {
		struct wire_reader r;
		struct err err = ERR_INIT;

		buf_clear(&heard);
		wire_reader_init(&r, rules, ARRAY_LEN(rules), &heard);
		ck_assert_msg(feed(&r, bytes.data, bytes.len, step, &err) == 0, "step %zu: %s",
		    step, err.text);
		ck_assert_str_eq(heard.data, LIFE);
		ck_assert_int_eq(r.phase, WIRE_PHASE_END);
		ck_assert_uint_eq(r.have, 0);
	}
	buf_release(&bytes);
	buf_release(&heard);
}
END_TEST

START_TEST(a_life_that_is_cut_short_is_no_error_and_no_end)
{
	struct buf bytes = BUF_INIT(1000), heard = BUF_INIT(1000);

	record_life(&bytes);
	for (size_t len = 0; len < bytes.len; len++) {
		struct wire_reader r;

		buf_clear(&heard);
		wire_reader_init(&r, rules, ARRAY_LEN(rules), &heard);
		ck_assert_int_eq(feed(&r, bytes.data, len, SIZE_MAX / 2, NULL), 0);
		ck_assert_int_ne(r.phase, WIRE_PHASE_END);
		ck_assert_int_eq(strncmp(LIFE, heard.data, heard.len), 0);
	}
	buf_release(&bytes);
	buf_release(&heard);
}
END_TEST

START_TEST(a_failure_may_come_before_hello)
{
	struct buf bytes = BUF_INIT(1000), heard = BUF_INIT(1000);
	struct err said = { -ENOSYS, "jail: set no_new_privs" };
	struct wire_reader r;
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	ck_assert_int_eq(wire_fail(pair[1], &said), 0);
	close(pair[1]);
	read_all(pair[0], &bytes);
	close(pair[0]);
	wire_reader_init(&r, rules, ARRAY_LEN(rules), &heard);
	ck_assert_int_eq(feed(&r, bytes.data, bytes.len, 1, NULL), 0);
	ck_assert_str_eq(heard.data, "fail 38 'jail: set no_new_privs';");
	ck_assert_int_eq(r.phase, WIRE_PHASE_END);
	buf_release(&bytes);
	buf_release(&heard);
}
END_TEST

#define U32   "\1\0\0\0"
#define U64   "\1\0\0\0\0\0\0\0"
#define P(s)  (s), sizeof(s) - 1
#define EMPTY "", 0

/* One bad frame each; `hello` and `done` come before it where set. */
static const struct {
	const char *label;
	_Bool hello, done;
	unsigned type, reserved;
	const char *payload;
	size_t len;
	uint32_t claim; /* 0: len */
	const char *error;
} bad[] = {
	{ "type 0", 0, 0, 0, 0, EMPTY, 0, "bad message: unknown type 0" },
	{ "type 7", 1, 0, 7, 0, P("x"), 0, "bad message: unknown type 7" },
	{ "type 65535", 1, 0, 65535, 0, P("x"), 0, "bad message: unknown type 65535" },
	{ "reserved", 1, 0, WIRE_DONE, 1, EMPTY, 0, "bad done message: reserved field is 1" },
	{ "two hellos", 1, 0, WIRE_HELLO, 0, P("\1"), 0, "bad hello message: not allowed at work" },
	{ "work before hello", 0, 0, WIRE_NOTE, 0, P(U32 "\1\0x"), 0,
	    "bad note message: not allowed before hello" },
	{ "done before hello", 0, 0, WIRE_DONE, 0, EMPTY, 0,
	    "bad done message: not allowed before hello" },
	{ "two dones", 1, 1, WIRE_DONE, 0, EMPTY, 0,
	    "bad done message: not allowed after the end" },
	{ "fail after done", 1, 1, WIRE_FAIL, 0, P(U32 "\1\0x"), 0,
	    "bad fail message: not allowed after the end" },
	{ "hello too large", 0, 0, WIRE_HELLO, 0, P("\1\1"), 0,
	    "bad hello message: 2 bytes, at most 1 are allowed" },
	{ "done too large", 1, 0, WIRE_DONE, 0, P("x"), 0,
	    "bad done message: 1 bytes, at most 0 are allowed" },
	{ "4 GiB, none of it here", 1, 0, WIRE_NOTE, 0, EMPTY, UINT32_MAX,
	    "bad note message: 4294967295 bytes, at most 518 are allowed" },
	{ "one byte more than a note", 1, 0, WIRE_NOTE, 0, EMPTY, WIRE_PAYLOAD_MAX + 1,
	    "bad note message: 519 bytes, at most 518 are allowed" },
	{ "hello too short", 0, 0, WIRE_HELLO, 0, EMPTY, 0,
	    "bad hello message: too short, or its text is not one" },
	{ "progress too short", 1, 0, WIRE_PROGRESS, 0, P(U64 "\0\0\0\0\0\0\0"), 0,
	    "bad progress message: too short, or its text is not one" },
	{ "note without text", 1, 0, WIRE_NOTE, 0, P(U32), 0,
	    "bad note message: too short, or its text is not one" },
	{ "text longer than its frame", 1, 0, WIRE_NOTE, 0, P(U32 "\3\0xy"), 0,
	    "bad note message: too short, or its text is not one" },
	{ "text longer than its place", 1, 0, WIRE_NOTE, 0, P(U32 "\1\2x"), 0,
	    "bad note message: too short, or its text is not one" },
	{ "NUL in a text", 1, 0, WIRE_NOTE, 0, P(U32 "\3\0a\0b"), 0,
	    "bad note message: too short, or its text is not one" },
	{ "NUL in a key", 1, 0, WIRE_RESULT, 0, P("\1\0\0" U64), 0,
	    "bad result message: too short, or its text is not one" },
	{ "result too short", 1, 0, WIRE_RESULT, 0, P("\1\0k\1\0\0\0"), 0,
	    "bad result message: too short, or its text is not one" },
	{ "key too long", 1, 0, WIRE_RESULT, 0,
	    P("\x21\0"
	      "012345678901234567890123456789012"),
	    0, "bad result message: too short, or its text is not one" },
	{ "note with more behind", 1, 0, WIRE_NOTE, 0, P(U32 "\1\0xyz"), 0,
	    "bad note message: 2 bytes are left over" },
	{ "fail with more behind", 0, 0, WIRE_FAIL, 0, P(U32 "\1\0xy"), 0,
	    "bad fail message: 1 bytes are left over" },
	{ "the handler's own", 1, 0, WIRE_NOTE, 0, P(U32 "\6\0enough"), 0,
	    "the handler has had enough" },
};

START_TEST(a_bad_message_names_the_rule_and_is_not_acted_on)
{
	struct buf bytes = BUF_INIT(1000), heard = BUF_INIT(1000);
	uint32_t claim = bad[_i].claim != 0 ? bad[_i].claim : (uint32_t)bad[_i].len;

	if (bad[_i].hello)
		add_frame(&bytes, WIRE_HELLO, 0, 1, "\1", 1);
	if (bad[_i].done)
		add_frame(&bytes, WIRE_DONE, 0, 0, NULL, 0);
	add_frame(&bytes, bad[_i].type, bad[_i].reserved, claim, bad[_i].payload, bad[_i].len);
	for (size_t step = 1; step <= bytes.len; step++) {
		struct wire_reader r;
		struct err err = ERR_INIT;
		int rc;

		buf_clear(&heard);
		wire_reader_init(&r, rules, ARRAY_LEN(rules), &heard);
		rc = feed(&r, bytes.data, bytes.len, step, &err);
		ck_assert_msg(rc < 0, "%s: taken", bad[_i].label);
		ck_assert_str_eq(err.text, bad[_i].error);
		ck_assert_int_eq(rc, err.code);
		ck_assert_str_eq(heard.data, bad[_i].hello ? "hello 1;" : "");
	}
	buf_release(&bytes);
	buf_release(&heard);
}
END_TEST

static int
refuse(struct wire_msg *msg, void *arg, struct err *err)
{
	++*(unsigned *)arg;
	(void)wire_get_u8(msg);
	return err_set(err, ECANCELED, "no");
}

START_TEST(after_an_error_nothing_is_taken)
{
	static const struct wire_rule rule = { WIRE_HELLO, 1u << WIRE_PHASE_HELLO, 1,
		WIRE_PHASE_WORK, refuse };
	static const unsigned char hello[] = { WIRE_HELLO, 0, 0, 0, 1, 0, 0, 0, 1 };
	struct wire_reader r;
	unsigned count = 0;

	wire_reader_init(&r, &rule, 1, &count);
	ck_assert_int_eq(wire_feed(&r, hello, sizeof(hello), NULL), -ECANCELED);
	ck_assert_int_eq(wire_feed(&r, hello, sizeof(hello), NULL), -ECANCELED);
	ck_assert_uint_eq(count, 1);
}
END_TEST

START_TEST(no_mutation_is_taken_for_more_than_it_is)
{
	static const unsigned char masks[] = { 0x01, 0x02, 0x04, 0x08, 0x40, 0x80, 0xff };
	struct buf bytes = BUF_INIT(1000), heard = BUF_INIT(4000);

	record_life(&bytes);
	for (size_t at = 0; at < bytes.len; at++) {
		for (size_t m = 0; m < ARRAY_LEN(masks); m++) {
			struct wire_reader r;
			int rc;

			buf_clear(&heard);
			bytes.data[at] = (char)(bytes.data[at] ^ masks[m]);
			wire_reader_init(&r, rules, ARRAY_LEN(rules), &heard);
			rc = feed(&r, bytes.data, bytes.len, 1 + at % 7, NULL);
			ck_assert(rc == 0 || rc == -EPROTO);
			ck_assert_uint_le(r.have, sizeof(r.frame));
			ck_assert_int_eq(buf_status(&heard), 0);
			bytes.data[at] = (char)(bytes.data[at] ^ masks[m]);
		}
	}
	buf_release(&bytes);
	buf_release(&heard);
}
END_TEST

START_TEST(a_long_text_is_cut_between_characters)
{
	static const struct {
		size_t plain; /* how many x, then two-byte characters without end */
		size_t length;
	} rows[] = { { 0, 512 }, { 1, 511 }, { 510, 512 }, { 511, 511 }, { 512, 512 },
		{ 600, 512 } };
	char text[1200];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf bytes = BUF_INIT(1000);
		uint16_t length;
		int pair[2];

		for (size_t at = 0; at < sizeof(text); at++)
			text[at] = at < rows[i].plain       ? 'x'
			    : (at - rows[i].plain) % 2 == 0 ? '\xc3'
							    : '\xa9';
		text[sizeof(text) - 1] = '\0';
		ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
		ck_assert_int_eq(wire_note(pair[1], 1, text), 0);
		close(pair[1]);
		read_all(pair[0], &bytes);
		close(pair[0]);
		memcpy(&length, bytes.data + WIRE_HEAD_MAX + 4, sizeof(length));
		ck_assert_uint_eq(length, rows[i].length);
		ck_assert_mem_eq(bytes.data + WIRE_HEAD_MAX + 6, text, length);
		buf_release(&bytes);
	}
}
END_TEST

START_TEST(a_cursor_past_its_end_reads_nothing)
{
	struct wire_msg msg = { .p = (const unsigned char *)"\1\2", .bad = 0 };
	char text[4] = "old";

	msg.end = msg.p + 2;
	ck_assert_uint_eq(wire_get_u32(&msg), 0);
	ck_assert(msg.bad);
	ck_assert_uint_eq(wire_get_u8(&msg), 0);
	ck_assert_uint_eq(wire_get_u64(&msg), 0);
	wire_get_str(&msg, text, sizeof(text));
	ck_assert_str_eq(text, "");
	ck_assert(!wire_get_end(&msg));
}
END_TEST

START_TEST(a_parent_that_has_gone_is_an_error_and_no_signal)
{
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	close(pair[0]);
	ck_assert_int_eq(wire_done(pair[1]), -EPIPE);
	close(pair[1]);
}
END_TEST

#define FLOOD 20000

START_TEST(a_full_socket_makes_the_worker_wait_and_loses_nothing)
{
	struct buf bytes = BUF_INIT(8u << 20), heard = BUF_INIT(8u << 20);
	char expect[64];
	struct wire_reader r;
	int pair[2], status;
	pid_t pid;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	pid = fork();
	ck_assert_int_ne(pid, -1);
	if (pid == 0) {
		int rc = wire_hello(pair[1], SANDBOX_HAS_FLOOR);

		for (uint32_t i = 0; i < FLOOD && rc == 0; i++)
			rc = wire_note(pair[1], i, "the same complaint as before");
		_exit(rc == 0 && wire_done(pair[1]) == 0 ? 0 : 1);
	}
	close(pair[1]);
	read_all(pair[0], &bytes);
	close(pair[0]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	wire_reader_init(&r, rules, ARRAY_LEN(rules), &heard);
	ck_assert_int_eq(wire_feed(&r, bytes.data, bytes.len, NULL), 0);
	ck_assert_int_eq(r.phase, WIRE_PHASE_END);
	snprintf(expect, sizeof(expect), "note %d 'the same complaint as before';", FLOOD - 1);
	ck_assert_str_eq(heard.data + heard.len - strlen(expect), expect);
	buf_release(&bytes);
	buf_release(&heard);
}
END_TEST

UNIT_MAIN("wire", UNIT_TEST(what_a_worker_says_is_heard_however_it_is_cut),
    UNIT_TEST(a_life_that_is_cut_short_is_no_error_and_no_end),
    UNIT_TEST(a_failure_may_come_before_hello),
    UNIT_ROWS(a_bad_message_names_the_rule_and_is_not_acted_on, ARRAY_LEN(bad)),
    UNIT_TEST(after_an_error_nothing_is_taken), UNIT_TEST(no_mutation_is_taken_for_more_than_it_is),
    UNIT_TEST(a_long_text_is_cut_between_characters),
    UNIT_TEST(a_cursor_past_its_end_reads_nothing),
    UNIT_TEST(a_parent_that_has_gone_is_an_error_and_no_signal),
    UNIT_TEST(a_full_socket_makes_the_worker_wait_and_loses_nothing))
