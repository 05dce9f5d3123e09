/*
 * The process as the kernel sees it: memory, descriptors, CPU time; and how it
 * talks to what started it (sd_notify(3)).
 */
#ifndef GATEWAY_PROCESS_H
#define GATEWAY_PROCESS_H

#include <stdint.h>

struct process_info {
	uint64_t rss;    /* bytes resident, windows included */
	uint64_t cpu_ms; /* user and system */
	unsigned open_files;
};
/* What cannot be read is 0. */
void process_get_info(struct process_info *ret);

/* Raises the soft limit of descriptors to the hard one. */
void process_raise_files(void);

/* Sends "READY=1" or the like to $NOTIFY_SOCKET; without one does nothing. */
void process_notify(const char *state);
/* Half of systemd's WatchdogSec in milliseconds; 0: it does not watch. */
uint64_t process_watchdog_ms(void);

#endif
