#include "base/wire.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/err.h"
#include "base/list.h"

/* What stands before every payload, as it is on the socket. */
struct wire_head {
	uint16_t type;
	uint16_t reserved;
	uint32_t len;
};
_Static_assert(sizeof(struct wire_head) == WIRE_HEAD_MAX, "the head has no padding");

static const char *const type_names[] = {
	[WIRE_HELLO] = "hello",
	[WIRE_PROGRESS] = "progress",
	[WIRE_NOTE] = "note",
	[WIRE_RESULT] = "result",
	[WIRE_DONE] = "done",
	[WIRE_FAIL] = "fail",
};
static const char *const phase_names[] = {
	[WIRE_PHASE_HELLO] = "before hello",
	[WIRE_PHASE_WORK] = "at work",
	[WIRE_PHASE_END] = "after the end",
};

/* -- the worker's side ------------------------------------------------------ */

/* A frame in the making. Nothing here allocates or formats: wire_fail must not. */
struct wire_out {
	unsigned char frame[WIRE_HEAD_MAX + WIRE_PAYLOAD_MAX];
	size_t len;
};

static void
put(struct wire_out *out, const void *data, size_t len)
{
	assert(len <= sizeof(out->frame) - out->len);
	memcpy(out->frame + out->len, data, len);
	out->len += len;
}

static void
put_str(struct wire_out *out, const char *text)
{
	size_t len = strnlen(text, WIRE_TEXT_MAX + 1);
	uint16_t n;

	if (len > WIRE_TEXT_MAX) {
		len = WIRE_TEXT_MAX;
		/* Not inside a UTF-8 character: back to where one begins. */
		while (len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80)
			len--;
	}
	n = (uint16_t)len;
	put(out, &n, sizeof(n));
	put(out, text, len);
}

/* Fills in the head and sends the frame whole. */
static int
wire_send(int fd, struct wire_out *out, enum wire_type type)
{
	struct wire_head head = {
		.type = (uint16_t)type,
		.len = (uint32_t)(out->len - WIRE_HEAD_MAX),
	};
	size_t sent = 0;

	memcpy(out->frame, &head, sizeof(head));
	while (sent < out->len) {
		ssize_t n = send(fd, out->frame + sent, out->len - sent, MSG_NOSIGNAL);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -errno;
		sent += (size_t)n;
	}
	return 0;
}

int
wire_hello(int fd, unsigned level)
{
	struct wire_out out = { .len = WIRE_HEAD_MAX };
	uint8_t byte = (uint8_t)level;

	put(&out, &byte, sizeof(byte));
	return wire_send(fd, &out, WIRE_HELLO);
}

int
wire_progress(int fd, uint64_t done, uint64_t total)
{
	struct wire_out out = { .len = WIRE_HEAD_MAX };

	put(&out, &done, sizeof(done));
	put(&out, &total, sizeof(total));
	return wire_send(fd, &out, WIRE_PROGRESS);
}

int
wire_note(int fd, uint32_t line, const char *text)
{
	struct wire_out out = { .len = WIRE_HEAD_MAX };

	put(&out, &line, sizeof(line));
	put_str(&out, text);
	return wire_send(fd, &out, WIRE_NOTE);
}

int
wire_result(int fd, const char *key, uint64_t value)
{
	struct wire_out out = { .len = WIRE_HEAD_MAX };

	assert(strlen(key) <= WIRE_KEY_MAX);
	put_str(&out, key);
	put(&out, &value, sizeof(value));
	return wire_send(fd, &out, WIRE_RESULT);
}

int
wire_done(int fd)
{
	struct wire_out out = { .len = WIRE_HEAD_MAX };

	return wire_send(fd, &out, WIRE_DONE);
}

int
wire_fail(int fd, const struct err *err)
{
	struct wire_out out = { .len = WIRE_HEAD_MAX };
	uint32_t code = (uint32_t)-err->code;

	put(&out, &code, sizeof(code));
	put_str(&out, err->text);
	return wire_send(fd, &out, WIRE_FAIL);
}

/* -- the parent's side ------------------------------------------------------ */

static void
get(struct wire_msg *msg, void *out, size_t len)
{
	if (msg->bad || (size_t)(msg->end - msg->p) < len) {
		msg->bad = 1;
		memset(out, 0, len);
		return;
	}
	memcpy(out, msg->p, len);
	msg->p += len;
}

uint8_t
wire_get_u8(struct wire_msg *msg)
{
	uint8_t value;

	get(msg, &value, sizeof(value));
	return value;
}

uint32_t
wire_get_u32(struct wire_msg *msg)
{
	uint32_t value;

	get(msg, &value, sizeof(value));
	return value;
}

uint64_t
wire_get_u64(struct wire_msg *msg)
{
	uint64_t value;

	get(msg, &value, sizeof(value));
	return value;
}

void
wire_get_str(struct wire_msg *msg, char *out, size_t size)
{
	uint16_t len;

	get(msg, &len, sizeof(len));
	if (len >= size)
		msg->bad = 1;
	if (msg->bad)
		len = 0;
	get(msg, out, len);
	if (msg->bad || memchr(out, '\0', len) != NULL) {
		msg->bad = 1;
		len = 0;
	}
	out[len] = '\0';
}

_Bool
wire_get_end(const struct wire_msg *msg)
{
	return !msg->bad && msg->p == msg->end;
}

void
wire_reader_init(struct wire_reader *r, const struct wire_rule *rules, size_t rule_count, void *arg)
{
	for (size_t i = 0; i < rule_count; i++)
		assert(rules[i].max <= WIRE_PAYLOAD_MAX && rules[i].type < ARRAY_LEN(type_names));
	*r = (struct wire_reader){ .rules = rules,
		.rule_count = rule_count,
		.phase = WIRE_PHASE_HELLO,
		.arg = arg };
}

/* The rule that lets this head in, before any of its payload is taken. */
static const struct wire_rule *
find_rule(const struct wire_reader *r, const struct wire_head *head, struct err *err)
{
	for (size_t i = 0; i < r->rule_count; i++) {
		const struct wire_rule *rule = &r->rules[i];

		if (rule->type != head->type)
			continue;
		if (head->reserved != 0)
			err_set(err, EPROTO, "bad %s message: reserved field is %u",
			    type_names[head->type], head->reserved);
		else if ((rule->phases & 1u << r->phase) == 0)
			err_set(err, EPROTO, "bad %s message: not allowed %s",
			    type_names[head->type], phase_names[r->phase]);
		else if (head->len > rule->max)
			err_set(err, EPROTO, "bad %s message: %u bytes, at most %u are allowed",
			    type_names[head->type], head->len, rule->max);
		else
			return rule;
		return NULL;
	}
	err_set(err, EPROTO, "bad message: unknown type %u", head->type);
	return NULL;
}

static int
handle(struct wire_reader *r, const struct wire_rule *rule, uint32_t len, struct err *err)
{
	const unsigned char *payload = r->frame + WIRE_HEAD_MAX;
	struct wire_msg msg = { .p = payload, .end = payload + len };
	int rc = rule->handle == NULL ? 0 : rule->handle(&msg, r->arg, err);

	if (rc != 0)
		return rc;
	if (msg.bad)
		return err_set(err, EPROTO, "bad %s message: too short, or its text is not one",
		    type_names[rule->type]);
	if (msg.p != msg.end)
		return err_set(err, EPROTO, "bad %s message: %zu bytes are left over",
		    type_names[rule->type], (size_t)(msg.end - msg.p));
	r->phase = (enum wire_phase)rule->next;
	r->have = 0;
	return 0;
}

/* Moves bytes into the frame until it has `want`; whether it has. */
static _Bool
fill(struct wire_reader *r, size_t want, const unsigned char **p, size_t *len)
{
	size_t n = want - r->have < *len ? want - r->have : *len;

	memcpy(r->frame + r->have, *p, n);
	r->have += n;
	*p += n;
	*len -= n;
	return r->have == want;
}

/* Takes bytes up to the end of a message. */
static int
take_message(struct wire_reader *r, const unsigned char **p, size_t *len, struct err *err)
{
	const struct wire_rule *rule;
	struct wire_head head;

	if (r->have < WIRE_HEAD_MAX && !fill(r, WIRE_HEAD_MAX, p, len))
		return 0;
	memcpy(&head, r->frame, sizeof(head));
	rule = find_rule(r, &head, err);
	if (rule == NULL)
		return -EPROTO;
	return fill(r, WIRE_HEAD_MAX + head.len, p, len) ? handle(r, rule, head.len, err) : 0;
}

int
wire_feed(struct wire_reader *r, const void *data, size_t len, struct err *err)
{
	const unsigned char *p = data;

	if (r->error != 0)
		return err_set(err, r->error, "an earlier message was bad");
	while (len > 0 && r->error == 0)
		r->error = take_message(r, &p, &len, err);
	return r->error;
}
