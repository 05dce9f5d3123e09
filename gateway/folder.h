/*
 * The data folder: DATA with its cache/, snapshots/ and guide/, for one masthead at
 * a time.
 */
#ifndef GATEWAY_FOLDER_H
#define GATEWAY_FOLDER_H

struct err;

/*
 * Makes what is missing, takes the lock, and sweeps up what an earlier life left half
 * written. 0 with *ret_lock, which closing gives back; -EBUSY when another masthead
 * is in there.
 */
int folder_open(const char *data, int *ret_lock, struct err *err);

#endif
