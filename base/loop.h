/*
 * What libevent leaves to those who use it.
 */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H

#include <stdint.h>

struct event;

/*
 * Has a timer go off in so many milliseconds, and again and again if it is persistent. 0: in
 * the loop's next turn, with all the others served before; event_active() would starve them.
 * 0 or -ENOMEM.
 */
int loop_after(struct event *timer, uint64_t ms);
/* NULL: no-op. */
void loop_event_free(struct event *event);

#endif
