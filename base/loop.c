#include "base/loop.h"

#include <errno.h>
#include <event2/event.h>

int
loop_after(struct event *timer, uint64_t ms)
{
	const struct timeval tv = { (time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000) };

	return event_add(timer, &tv) == -1 ? -ENOMEM : 0;
}

void
loop_event_free(struct event *event)
{
	if (event != NULL)
		event_free(event);
}
