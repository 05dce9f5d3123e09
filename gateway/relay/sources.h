/*
 * The sources of one channel, and in which order they are tried.
 *
 * A round tries each source once. Within it a failure goes on to the next at
 * once; after it there is a pause that doubles with each round in vain, with
 * jitter, so that the channels of a provider that came back do not all ask at the
 * same moment.
 */
#ifndef GATEWAY_RELAY_SOURCES_H
#define GATEWAY_RELAY_SOURCES_H

#include <stddef.h>
#include <stdint.h>

#include "gateway/relay/relay.h"

#define SOURCES_PAUSE_MIN_MS 250
#define SOURCES_PAUSE_MAX_MS 8000

struct sources {
	struct relay_source list[RELAY_SOURCES_MAX]; /* the texts are owned, the accounts held */
	size_t count;
	size_t current;  /* the one in use, or to be tried next */
	size_t left;     /* of this round, the current one included */
	unsigned rounds; /* in vain since one went well */
	_Bool replaced;  /* the one in use is not on the list any more; current was not tried */
};

/* Takes a copy of the list. A source in use stays current if it is still there. 0 or -ENOMEM. */
int sources_set(struct sources *s, const struct relay_source *list, size_t count);
void sources_release(struct sources *s);
/* The one to be opened now: it is in use from here on. */
const struct relay_source *sources_use(struct sources *s);

/*
 * The one in use has failed. True: another one is current, to be tried at once;
 * false: the round is over.
 */
_Bool sources_next(struct sources *s);
/*
 * The one in use had been running well: a new round begins, with itself (`again`)
 * or with the next. True: another one is current.
 */
_Bool sources_restart(struct sources *s, _Bool again);
/* How long to wait before the next attempt, when it is not another one. */
uint64_t sources_pause(struct sources *s);

#endif
