#include "gateway/relay/sources.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "gateway/relay/ledger.h"

static void
source_release(struct relay_source *source)
{
	/* What is const for the outside is ours in here. */
	free((void *)(uintptr_t)source->url);
	free((void *)(uintptr_t)source->user_agent);
	free((void *)(uintptr_t)source->headers);
	free((void *)(uintptr_t)source->proxy);
	free((void *)(uintptr_t)source->label);
	ledger_unref(source->account);
	*source = (struct relay_source){ .url = NULL };
}

static const char *
copy(const char *text, int *rc)
{
	char *own = text != NULL ? strdup(text) : NULL;

	if (text != NULL && own == NULL)
		*rc = -ENOMEM;
	return own;
}

static int
source_copy(struct relay_source *to, const struct relay_source *from)
{
	int rc = 0;

	*to = (struct relay_source){
		.url = copy(from->url, &rc),
		.user_agent = copy(from->user_agent, &rc),
		.headers = copy(from->headers, &rc),
		.proxy = copy(from->proxy, &rc),
		.label = copy(from->label != NULL ? from->label : "", &rc),
		.account = from->account != NULL ? ledger_ref(from->account) : NULL,
	};
	return rc;
}

int
sources_set(struct sources *s, const struct relay_source *list, size_t count)
{
	struct sources new = { .count = count, .left = count, .rounds = s->rounds, .replaced = 1 };
	int rc = 0;

	for (size_t i = 0; i < count && rc == 0; i++) {
		rc = source_copy(&new.list[i], &list[i]);
		if (s->count == 0 || s->replaced ||
		    strcmp(list[i].url, s->list[s->current].url) != 0)
			continue;
		new.current = i;
		new.replaced = 0;
	}
	if (rc < 0) {
		sources_release(&new);
		return rc;
	}
	sources_release(s);
	*s = new;
	return 0;
}

void
sources_release(struct sources *s)
{
	for (size_t i = 0; i < s->count; i++)
		source_release(&s->list[i]);
	s->count = 0;
}

const struct relay_source *
sources_use(struct sources *s)
{
	s->replaced = 0;
	return &s->list[s->current];
}

/* Whatever became of a source that is not on the list any more: the list begins anew. */
static _Bool
sources_begin_anew(struct sources *s)
{
	s->replaced = 0;
	s->current = 0;
	s->left = s->count;
	return 1;
}

_Bool
sources_next(struct sources *s)
{
	if (s->replaced)
		return sources_begin_anew(s);
	if (--s->left > 0) {
		s->current = (s->current + 1) % s->count;
		return 1;
	}
	s->left = s->count;
	s->current = 0;
	return 0;
}

_Bool
sources_restart(struct sources *s, _Bool again)
{
	s->rounds = 0;
	if (s->replaced)
		return sources_begin_anew(s);
	s->left = s->count;
	if (again || s->count == 1)
		return 0;
	s->current = (s->current + 1) % s->count;
	return 1;
}

uint64_t
sources_pause(struct sources *s)
{
	uint64_t pause = clock_backoff(SOURCES_PAUSE_MIN_MS, SOURCES_PAUSE_MAX_MS, ++s->rounds);
	uint16_t dice = 0;

	/* From three quarters to the whole of it. */
	(void)!getrandom(&dice, sizeof(dice), GRND_NONBLOCK);
	return pause - pause / 4 * dice / UINT16_MAX;
}
