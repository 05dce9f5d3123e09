/*
 * Watches one file by its folder (inotify), since most writers put a new file in its place
 * and some write into the old one (WebGrab+Plus): tells once it was closed or moved there
 * and its size and times have then stood still for WATCH_STILL_MS.
 */
#ifndef GATEWAY_WATCH_H
#define GATEWAY_WATCH_H

struct err;
struct event_base;
struct watch;

#define WATCH_STILL_MS 2000

typedef void watch_changed_cb(void *arg);

/* Neither the file nor its folder has to be there. NULL with *err set. */
struct watch *watch_new(struct event_base *base, const char *path, watch_changed_cb *changed,
    void *arg, struct err *err);
/* Not from inside `changed`. NULL: no-op. */
void watch_free(struct watch *w);
/* Looks for the folder again, if it was not there or has gone: call this now and then. */
void watch_renew(struct watch *w);

#endif
