/*
 * The layers of the jail that not every kernel has (base/sandbox.h), for
 * sandbox.c alone. Both bind the calling thread and those it starts later.
 */
#ifndef BASE_SANDBOX_LAYERS_H
#define BASE_SANDBOX_LAYERS_H

struct err;

/* Its shadow memory allows no RLIMIT_AS, and it makes system calls of its own. */
#if defined(__SANITIZE_ADDRESS__)
#define SANDBOX_UNDER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANDBOX_UNDER_ASAN 1
#endif
#endif
#ifndef SANDBOX_UNDER_ASAN
#define SANDBOX_UNDER_ASAN 0
#endif

/* Each: 1 it holds; 0 the kernel or the container lacks it; -errno it should have worked. */
int sandbox_landlock(struct err *err);
int sandbox_seccomp(unsigned allow, struct err *err);

#endif
