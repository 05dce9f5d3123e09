/*
 * The store: what must outlive everything else, in DATA/masthead.db (SQLite).
 * All other files of the data folder can be deleted and come back.
 *
 * Used at start-up and when a person decides something, never on a hot path. A
 * damaged file is never replaced: opening it fails and says so.
 */
#ifndef GATEWAY_STORE_H
#define GATEWAY_STORE_H

struct buf;
struct err;
struct store;

/* Opens or makes the database. NULL with *err set. */
struct store *store_open(const char *path, struct err *err);
void store_close(struct store *store);

/* Appends the value of `key` to `out`: 1, or 0 if there is none, or -EIO. */
int store_get(struct store *store, const char *key, struct buf *out, struct err *err);
/* On disk when it returns 0. */
int store_set(struct store *store, const char *key, const char *value, struct err *err);

#endif
