/*
 * One guide from its bytes to its entries: unpack (base/unpack.h) -> encoding -> prefilter
 * -> a parser for what is wanted -> struct xmltv_entry. Fed in pieces, cut anywhere; memory
 * is a few buffers whatever the size.
 *
 * Each mended entry is parsed for itself: here when it is plain, else by libxml2's SAX2,
 * strictly and without a DTD, entities, network or files. What that refuses costs that entry.
 */
#ifndef EPG_READER_H
#define EPG_READER_H

#include <stddef.h>
#include <stdint.h>

#include "base/unpack.h"
#include "epg/prefilter.h"
#include "epg/xmltime.h"

struct err;
struct reader;
struct xmltv_entry;

struct reader_limits {
	struct unpack_limits input; /* 4 GiB of XML; 200 to 1 after 64 MiB */
	struct prefilter_limits text;
	unsigned depth_max;   /* elements within elements: 16 */
	unsigned nodes_max;   /* of one entry that are kept: 4,096 */
	unsigned attrs_max;   /* of one element: 32 */
	uint64_t growth_free; /* mended, a text may be 4 times its size once it is so large */
};
extern const struct reader_limits reader_limits_default;

struct reader_events {
	_Bool (*wanted)(void *arg, const char *id, size_t len); /* as the prefilter's; or NULL */
	/* A channel or a wanted programme; the callback may change it. Negative stops. */
	int (*entry)(void *arg, struct xmltv_entry *e, struct err *err);
	void (*note)(void *arg, uint32_t line, const char *text);
};

struct reader_counts {
	uint64_t packed;              /* bytes in */
	struct prefilter_counts text; /* `broken` counts what was refused here too */
	uint64_t kept;                /* programmes given to `entry` */
	uint64_t timeless;            /* programmes without a start that can be read: dropped */
	uint64_t unknown;             /* elements and attributes that the DTD does not have */
	uint64_t parsed;              /* bytes of entries that were parsed, mended */
};

/* libxml_load() first (epg/libxml.h): it reads files. NULL: no memory. */
struct reader *reader_new(const struct reader_limits *limits, const struct xmltime_rules *times,
    const struct reader_events *events, void *arg);
void reader_free(struct reader *r);
/* 0, -EBADMSG, -EFBIG (a limit), -ENOMEM, or what `entry` returned. */
int reader_feed(struct reader *r, const void *data, size_t len, struct err *err);
/* The end of the input. A cut text gives its whole entries; counts->text.whole tells. */
int reader_finish(struct reader *r, struct err *err);
const struct reader_counts *reader_counts(struct reader *r);

#endif
