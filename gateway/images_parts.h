/*
 * What the files of gateway/images share, and nobody else uses.
 */
#ifndef GATEWAY_IMAGES_PARTS_H
#define GATEWAY_IMAGES_PARTS_H

#include <dirent.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <time.h>

#include "base/buf.h"
#include "base/hash.h"
#include "gateway/images.h"

struct event;
struct image_fetch;
struct stat;

/* -- what a file is ---------------------------------------------------------------- */

#define IMAGE_HEAD 64 /* bytes that tell */

/* Its Content-Type by its first bytes; NULL: no picture that we hand out. */
const char *image_type(const void *head, size_t len);
/*
 * Opens what may be a picture. Its descriptor, the caller's, with *ret_type and, if wanted,
 * *ret_st; -ENOENT, -EBADMSG when it is none, -EFBIG when it is too large, or another -errno.
 */
int image_open(const char *path, const char **ret_type, struct stat *ret_st);
/* Replies with the picture; the descriptor is the reply's. */
void image_send(struct http_request *req, int fd, const char *type);

/* -- the local folder ---------------------------------------------------------------- */

struct logo {
	uint32_t stem, file; /* offsets into the texts */
	uint64_t refused; /* which file it was (hash_file) that is no picture; 0: it may be one */
	_Bool seen;       /* that it is one */
};

struct logos {
	char *folder; /* owned */
	struct buf texts;
	struct logo *list; /* owned; by stem */
	size_t count, room;
	size_t refused;     /* of the list */
	uint64_t looked_ms; /* when the folder was looked at; 0: never */
	struct timespec changed;
	uint64_t inode;
	uint64_t tag; /* of the list and of what was found out about it; 0: it is empty */
};
/* 0 or -ENOMEM. */
int logos_init(struct logos *l, const char *folder);
void logos_release(struct logos *l);
/* Reads the folder again if it has changed; looks every few seconds only. */
void logos_refresh(struct logos *l, uint64_t now_ms);
/*
 * Has the channel a picture in the folder? A file that is none is passed over, and the log
 * says so once: what the playlist has is better than nothing.
 */
_Bool logos_has(struct logos *l, const struct lineup_channel *channel);
/* Opens it as image_open does; -ENOENT: there is none. */
int logos_open(struct logos *l, const struct lineup_channel *channel, const char **ret_type);

/* -- fetches that failed ---------------------------------------------------------------- */

#define FAILURES_MAX  256
#define FAILURE_BYTES 96

struct image_failure {
	uint64_t key; /* of an address or of a host */
	uint64_t until_ms;
	char why[FAILURE_BYTES];
};

/* -- the room on the disk --------------------------------------------------------------- */

#define SWEEP_HOURS 1024 /* older ones are all the same */

/* Counts what is kept, a little at a time, and then deletes what was used least recently. */
struct images_sweep {
	DIR *dir; /* NULL: not under way */
	_Bool deleting;
	time_t now;
	uint64_t bytes, files;       /* counted so far */
	uint64_t came;               /* bytes that were kept meanwhile */
	uint64_t hours[SWEEP_HOURS]; /* bytes by how many hours ago they were used */
	unsigned oldest;             /* what is older goes */
	uint64_t excess;             /* bytes that go of those that are as old */
};

/* -- the whole ----------------------------------------------------------------------------- */

struct images {
	struct images_deps deps;
	char *folder; /* DATA/images */
	char *local;  /* DATA/logos */
	unsigned char key[HASH_KEY_SIZE];
	struct images_settings settings; /* but for its text */
	struct logos logos;
	TAILQ_HEAD(, image_fetch) running, queued;
	unsigned running_count, queued_count, waiting_count;
	struct image_failure *failures; /* FAILURES_MAX; NULL until one fails */
	unsigned failures_next;
	struct images_sweep sweep;
	struct event *sweep_turn;
	struct images_info info;
};

uint64_t image_key(const struct images *im, const char *url);
/* "DATA/images/KEY"; `out` holds IMAGE_PATH_MAX bytes. */
#define IMAGE_PATH_MAX 4200
void image_path(const struct images *im, uint64_t key, char *out);

/* Begins to count and delete, unless that is under way. */
void images_sweep_begin(struct images *im);
void images_sweep_end(struct images *im);

/*
 * Has the picture fetched; `req` (NULL: nobody waits) gets its reply when it has come or
 * not.
 */
void images_fetch(struct images *im, struct http_request *req, const struct images_source *source,
    uint64_t key);
void images_fetch_end_all(struct images *im);
/* Why it was not to be had of late; NULL: it may be tried. */
const struct image_failure *images_failure(const struct images *im, uint64_t key, const char *url);

#endif
