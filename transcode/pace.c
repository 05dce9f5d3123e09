#include "transcode/pace.h"

#include <errno.h>
#include <time.h>

#define NS_PER_S  UINT64_C(1000000000)
#define NS_PER_MS UINT64_C(1000000)

uint64_t
pace_due(struct pace *pace, uint64_t at_ns, uint64_t now_ns)
{
	if (!pace->started || now_ns > pace->zero_ns + at_ns + PACE_LATE_MS * NS_PER_MS) {
		pace->started = 1;
		pace->zero_ns = now_ns - at_ns;
	}
	return pace->zero_ns + at_ns;
}

void
pace_wait(struct pace *pace, uint64_t at_ns)
{
	struct timespec now, until;
	uint64_t due;

	clock_gettime(CLOCK_MONOTONIC, &now);
	due = pace_due(pace, at_ns, (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec);
	until.tv_sec = (time_t)(due / NS_PER_S);
	until.tv_nsec = (long)(due % NS_PER_S);
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
		;
}
