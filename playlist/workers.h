/*
 * The playlist room's workers. Each runs in its own jailed process: it calls
 * sandbox_enter first, talks on WIRE_FD, and returns its exit status.
 */
#ifndef PLAYLIST_WORKERS_H
#define PLAYLIST_WORKERS_H

/*
 * catalogue: fd 4 a playlist (M3U, perhaps gzip), fd 5 an empty file for the
 * snapshot (playlist/catalogue.h), fd 6 the playlist's own URL as text, against
 * which relative entries are resolved (not an argument: it may hold secrets).
 * Results: "entries", "bytes", "skipped"; notes: complaints with their lines.
 */
int catalogue_worker(int argc, char **argv);

/*
 * lineup SOURCE...: fd 4 an empty file for the lineup snapshot
 * (playlist/lineup.h), fd 5 the previous lineup snapshot (empty at first), fd 6 an
 * empty file for what it wants of the guides (playlist/lineup_wanted.c), then one
 * catalogue snapshot per SOURCE name, in the config's order. Results: "channels",
 * "kept", "added", "gone"; "wanted" and "wanted_text" (struct lineup_wanted).
 */
int lineup_worker(int argc, char **argv);

#endif
