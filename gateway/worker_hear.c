/*
 * What workers say: the messages of base/wire.h, told to the owner.
 */
#include <errno.h>
#include <sys/socket.h>

#include "base/list.h"
#include "base/log.h"
#include "base/sandbox.h"
#include "gateway/worker_parts.h"

/*
 * Taken from one worker in a turn of the loop: the rest waits in the socket, and
 * the worker with it.
 */
#define READ_MAX  8192
#define ERRNO_MAX 4095 /* the kernel's */

/* What a handler returns after a callback, in which the owner may have killed it. */
static int
go_on(const struct worker *w)
{
	return w->state == WORKER_DISOWNED ? -ECANCELED : 0;
}

static int
on_hello(struct wire_msg *msg, void *arg, struct err *err)
{
	const unsigned known = SANDBOX_HAS_FLOOR | SANDBOX_HAS_LANDLOCK | SANDBOX_HAS_SECCOMP;
	struct worker *w = arg;
	unsigned level = wire_get_u8(msg);

	if (!wire_get_end(msg))
		return 0;
	if ((level & SANDBOX_HAS_FLOOR) == 0 || (level & ~known) != 0)
		return err_set(err, EPROTO, "bad hello message: %u is no jail", level);
	if (level != known && level != w->pool->stats.sandbox)
		log_warn(NULL, "the jail of workers is not whole here: %s (docs/privsep.md)",
		    sandbox_level_name(level));
	w->pool->stats.sandbox = level;
	return 0;
}

static int
on_progress(struct wire_msg *msg, void *arg, struct err *err)
{
	struct worker *w = arg;
	uint64_t done = wire_get_u64(msg);
	uint64_t total = wire_get_u64(msg);

	(void)err;
	if (wire_get_end(msg) && w->events.progress != NULL)
		w->events.progress(w->arg, done, total);
	return go_on(w);
}

static int
on_note(struct wire_msg *msg, void *arg, struct err *err)
{
	struct worker *w = arg;
	char text[WIRE_TEXT_MAX + 1];
	uint32_t line = wire_get_u32(msg);

	(void)err;
	wire_get_str(msg, text, sizeof(text));
	if (wire_get_end(msg) && w->events.note != NULL)
		w->events.note(w->arg, line, text);
	return go_on(w);
}

static int
on_result(struct wire_msg *msg, void *arg, struct err *err)
{
	struct worker *w = arg;
	char key[WIRE_KEY_MAX + 1];
	uint64_t value;

	(void)err;
	wire_get_str(msg, key, sizeof(key));
	value = wire_get_u64(msg);
	if (wire_get_end(msg) && w->events.result != NULL)
		w->events.result(w->arg, key, value);
	return go_on(w);
}

static int
on_fail(struct wire_msg *msg, void *arg, struct err *err)
{
	struct worker *w = arg;
	char text[WIRE_TEXT_MAX + 1];
	uint32_t code = wire_get_u32(msg);

	wire_get_str(msg, text, sizeof(text));
	if (!wire_get_end(msg))
		return 0;
	if (code == 0 || code > ERRNO_MAX)
		return err_set(err, EPROTO, "bad fail message: %u is no errno", code);
	err_set(&w->err, (int)code, "%s", text);
	w->judged = w->reader.phase == WIRE_PHASE_WORK;
	return 0;
}

#define AT_HELLO (1u << WIRE_PHASE_HELLO)
#define AT_WORK  (1u << WIRE_PHASE_WORK)

/* What a worker may say: type, when, largest payload, the phase after it, handler. */
static const struct wire_rule rules[] = {
	{ WIRE_HELLO, AT_HELLO, 1, WIRE_PHASE_WORK, on_hello },
	{ WIRE_PROGRESS, AT_WORK, 8 + 8, WIRE_PHASE_WORK, on_progress },
	{ WIRE_NOTE, AT_WORK, 4 + 2 + WIRE_TEXT_MAX, WIRE_PHASE_WORK, on_note },
	{ WIRE_RESULT, AT_WORK, 2 + WIRE_KEY_MAX + 8, WIRE_PHASE_WORK, on_result },
	{ WIRE_DONE, AT_WORK, 0, WIRE_PHASE_END, NULL },
	{ WIRE_FAIL, AT_HELLO | AT_WORK, 4 + 2 + WIRE_TEXT_MAX, WIRE_PHASE_END, on_fail },
};

void
worker_hear_init(struct worker *w)
{
	wire_reader_init(&w->reader, rules, ARRAY_LEN(rules), w);
}

_Bool
worker_hear(struct worker *w)
{
	unsigned char data[READ_MAX];
	struct err err = ERR_INIT;
	ssize_t n = recv(w->fd, data, sizeof(data), MSG_DONTWAIT);
	int rc;

	if (n == -1 && errno == EAGAIN)
		return 0;
	if (n <= 0) {
		if (w->state == WORKER_TALKS)
			worker_go(w, WORKER_LEAVES);
		return 0;
	}
	rc = wire_feed(&w->reader, data, (size_t)n, &err);
	if (w->state == WORKER_DISOWNED)
		return 0;
	if (rc < 0) {
		worker_condemn(w, &err);
		return 0;
	}
	if (w->reader.phase == WIRE_PHASE_END && w->state == WORKER_TALKS)
		worker_go(w, WORKER_LEAVES);
	return 1;
}
