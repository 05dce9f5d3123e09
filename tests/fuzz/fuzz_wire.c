/* rooms: base */
/*
 * Messages of a worker that was taken over. The first byte says how they are
 * cut: whatever it is, the parent must hear the same and judge the same.
 */
#include "base/wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/list.h"

struct heard {
	uint64_t hash;
	unsigned count;
};

static void
hear(struct heard *heard, const void *data, size_t len)
{
	const unsigned char *p = data;

	for (size_t i = 0; i < len; i++)
		heard->hash = (heard->hash ^ p[i]) * 1099511628211u;
	heard->count++;
}

static int
hear_hello(struct wire_msg *msg, void *arg, struct err *err)
{
	uint8_t level = wire_get_u8(msg);

	(void)err;
	if (wire_get_end(msg))
		hear(arg, &level, sizeof(level));
	return 0;
}

static int
hear_progress(struct wire_msg *msg, void *arg, struct err *err)
{
	uint64_t values[2] = { wire_get_u64(msg), wire_get_u64(msg) };

	(void)err;
	if (wire_get_end(msg))
		hear(arg, values, sizeof(values));
	return 0;
}

/* The form of WIRE_NOTE and WIRE_FAIL. */
static int
hear_text(struct wire_msg *msg, void *arg, struct err *err)
{
	char text[WIRE_TEXT_MAX + 1];
	uint32_t value = wire_get_u32(msg);

	wire_get_str(msg, text, sizeof(text));
	if (!wire_get_end(msg))
		return 0;
	hear(arg, &value, sizeof(value));
	hear(arg, text, strlen(text));
	return value == UINT32_MAX ? err_set(err, ECANCELED, "the handler's own") : 0;
}

static int
hear_result(struct wire_msg *msg, void *arg, struct err *err)
{
	char key[WIRE_KEY_MAX + 1];
	uint64_t value;

	(void)err;
	wire_get_str(msg, key, sizeof(key));
	value = wire_get_u64(msg);
	if (!wire_get_end(msg))
		return 0;
	hear(arg, key, strlen(key));
	hear(arg, &value, sizeof(value));
	return 0;
}

static const struct wire_rule rules[] = {
	{ WIRE_HELLO, 1u << WIRE_PHASE_HELLO, 1, WIRE_PHASE_WORK, hear_hello },
	{ WIRE_PROGRESS, 1u << WIRE_PHASE_WORK, 16, WIRE_PHASE_WORK, hear_progress },
	{ WIRE_NOTE, 1u << WIRE_PHASE_WORK, WIRE_PAYLOAD_MAX, WIRE_PHASE_WORK, hear_text },
	{ WIRE_RESULT, 1u << WIRE_PHASE_WORK, 2 + WIRE_KEY_MAX + 8, WIRE_PHASE_WORK, hear_result },
	{ WIRE_DONE, 1u << WIRE_PHASE_WORK, 0, WIRE_PHASE_END, NULL },
	{ WIRE_FAIL, 1u << WIRE_PHASE_HELLO | 1u << WIRE_PHASE_WORK, WIRE_PAYLOAD_MAX,
	    WIRE_PHASE_END, hear_text },
};

static struct heard
feed(const uint8_t *data, size_t size, size_t step, struct err *err)
{
	struct heard heard = { .hash = 14695981039346656037u };
	struct wire_reader r;
	int rc = 0;

	wire_reader_init(&r, rules, ARRAY_LEN(rules), &heard);
	for (size_t at = 0; at < size && rc == 0; at += step)
		rc = wire_feed(&r, data + at, size - at < step ? size - at : step, err);
	if (rc != err->code)
		abort();
	return heard;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err whole_err = ERR_INIT, cut_err = ERR_INIT;
	struct heard whole, cut;

	if (size < 2)
		return 0;
	whole = feed(data + 1, size - 1, size, &whole_err);
	cut = feed(data + 1, size - 1, 1 + data[0], &cut_err);
	if (whole.hash != cut.hash || whole.count != cut.count ||
	    strcmp(whole_err.text, cut_err.text) != 0)
		abort();
	return 0;
}
