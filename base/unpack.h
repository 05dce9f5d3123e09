/*
 * Input that is perhaps compressed: gzip (RFC 1952), xz, zstd (RFC 8878) or zip (one file of
 * it, APPNOTE 6.3), known by its first bytes and not by any name. Bytes go in, cut anywhere;
 * plain bytes come out. Several gzip members, xz streams or zstd frames behind one another
 * are one text; padding behind the last gzip member is ignored. What comes out compressed
 * again (a .gz that a server compressed on its way) is unpacked once more, up to
 * UNPACK_LAYERS_MAX.
 *
 * The file of a zip is its first one; what follows is ignored. Folders, what lies in
 * __MACOSX/, and what is called .txt, .md, .nfo or .url are passed over, as long as they are
 * 1 MiB at most together; the first of the latter is the file if there is no other.
 *
 * The input is hostile: what comes out is bounded in size, and for compressed input by its
 * ratio once there is much of it, each layer for itself; check sums are checked.
 */
#ifndef BASE_UNPACK_H
#define BASE_UNPACK_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct unpack;

#define UNPACK_LAYERS_MAX 2
/*
 * Bytes of memory that one layer may take: enough for xz -9 (65 MiB) and for zstd's windows
 * of 64 MiB. What wants more is refused, as -EFBIG.
 */
#define UNPACK_MEMORY_MAX (UINT64_C(72) << 20)

struct unpack_limits {
	uint64_t bytes_max;  /* plain bytes */
	uint64_t ratio_free; /* plain bytes before the ratio counts */
	unsigned ratio_max;  /* plain bytes to one compressed */
};

/* Negative: stop; unpack_feed returns it. */
typedef int unpack_cb(const void *data, size_t len, void *arg, struct err *err);

/* NULL: no memory. */
struct unpack *unpack_new(const struct unpack_limits *limits, unpack_cb *out, void *arg);
void unpack_free(struct unpack *u);
/* 0, -EBADMSG (broken), -EFBIG (a limit), -ENOMEM, or what the callback returned. */
int unpack_feed(struct unpack *u, const void *data, size_t len, struct err *err);
/* The end of the input. -ENODATA: it was cut off; what came was given. Else as unpack_feed. */
int unpack_finish(struct unpack *u, struct err *err);

#endif
