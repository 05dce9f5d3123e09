/*
 * Copies one guide: inflates it if need be, checks that it looks like a whole
 * XMLTV document (it begins with <tv after at most a prolog and ends with
 * </tv>), counts its elements, and writes it plain and as gzip.
 *
 * The input is hostile; memory is a few buffers whatever its size.
 */
#ifndef EPG_GUIDE_COPY_H
#define EPG_GUIDE_COPY_H

#include <stddef.h>
#include <stdint.h>

#include "base/unpack.h"

struct err;
struct guide_copy;

struct guide_limits {
	struct unpack_limits input; /* 4 GiB of XML; 200 to 1 after 64 MiB */
	size_t prolog_max;          /* <tv must come within so many bytes: 4096 */
};
extern const struct guide_limits guide_limits_default;

struct guide_counts {
	uint64_t bytes, channels, programmes;
};

/* Both descriptors stay the caller's. NULL: no memory. */
struct guide_copy *guide_copy_new(const struct guide_limits *limits, int xml_fd, int gzip_fd);
void guide_copy_free(struct guide_copy *g);
/* Takes input bytes, cut anywhere. -EBADMSG, -EFBIG, or what writing gave. */
int guide_copy_feed(struct guide_copy *g, const void *data, size_t len, struct err *err);
int guide_copy_finish(struct guide_copy *g, struct err *err);
const struct guide_counts *guide_copy_counts(const struct guide_copy *g);

#endif
