/*
 * What the kernel says of a process: CPU time, memory, system calls.
 */
#ifndef BENCH_LIB_PROC_H
#define BENCH_LIB_PROC_H

#include <stdint.h>
#include <sys/types.h>

/*
 * CPU time of a process and its living children, user and system, in nanoseconds
 * (/proc/PID/task/TID/schedstat: not the 10 ms ticks of /proc/PID/stat). The kernel
 * charges work that it does in softirq to whoever is running, so a sender pays
 * for much of a local receiver's TCP too.
 */
uint64_t proc_cpu_ns(pid_t pid);

/* CPU time of its children that have ended, and theirs: in ticks of 10 ms. */
uint64_t proc_children_cpu_ns(pid_t pid);

struct proc_memory {    /* bytes */
	uint64_t rss;   /* all resident pages that are mapped */
	uint64_t anon;  /* private memory: heap, stack, written data pages */
	uint64_t memfd; /* pages of its memfds, mapped or not: the windows */
};
void proc_memory(pid_t pid, struct proc_memory *ret);

struct proc_calls {
	uint64_t sends; /* send*, sendfile, splice, write*: to anything */
	uint64_t waits; /* of the loop: epoll_wait and its kin */
	uint64_t all;
};
struct proc_trace {
	pid_t tracer, subject;
};
/* Counts the system calls of a process and its threads with strace, from now to the end. */
void proc_trace_start(struct proc_trace *t, pid_t pid);
void proc_trace_end(struct proc_trace *t, struct proc_calls *ret);

#endif
