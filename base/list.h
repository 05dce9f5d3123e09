/*
 * Lists: the C library's <sys/queue.h> TAILQ and LIST, plus the walk that may
 * unlink the element it stands on, which glibc's copy lacks.
 */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <sys/queue.h>

#ifndef TAILQ_FOREACH_SAFE
#define TAILQ_FOREACH_SAFE(var, head, field, next)                                             \
	for ((var) = TAILQ_FIRST(head); (var) != NULL && ((next) = TAILQ_NEXT(var, field), 1); \
	     (var) = (next))
#endif

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#endif
