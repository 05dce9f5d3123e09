/*
 * The guide room's workers. Each runs in its own jailed process: it calls sandbox_enter
 * first, talks on WIRE_FD, and returns its exit status. Settings are arguments
 * "KEY=VALUE", none of them secret.
 */
#ifndef EPG_WORKERS_H
#define EPG_WORKERS_H

/*
 * listings: fd 4 a guide as it was fetched, fd 5 an empty file for its listings
 * (epg/listings.h), fd 6 what is wanted (epg/wanted.h), fd 7 the rules (epg/rules.h; may be
 * empty). Arguments: zone=NAME, offsets=use|ignore, past=SECONDS (programmes that ended
 * longer ago are not kept), all=1 (every channel's programmes are, fd 6 is not read).
 * Results: "bytes" (of XML), "parsed" (by libxml2), "channels", "programmes" (in the source,
 * wanted or not), "kept", "broken", "mended", "unknown", "timeless", "duplicates",
 * "clipped", "whole" (0: it is cut short), "last" (the latest stop). Notes: complaints with
 * their lines, the first 100.
 */
int listings_worker(int argc, char **argv);

/*
 * guide: fd 4, 5, 6 empty files for guide.xml, guide.xml.gz and guide.idx; fd 7, 8, 9 the last
 * ones of those (may be empty); fd 10 what is wanted; then the listings, best first.
 * Arguments: now=, past=, ahead= (seconds), fill=0|1, block= (seconds; 0: none are made up),
 * events=0|1, zone=NAME, shift=SECONDS once for each of the listings; all=1: every channel of
 * the listings under its own id, or those that fd 10 wants where it is not empty. gzip=0,
 * index=0: fds 5 and 6 stay empty.
 * Results: "channels", "programmes", "filled", "madeup" (channels with a made-up guide),
 * "empty" (channels without any), "reused", "bytes", "gzip_bytes", "last", "same" (1: the
 * guide is what it was, the new files need not be kept). Guides are made up for the first
 * GUIDE_MADEUP_MAX channels that have none; a note says when there are more. Listings may be
 * an empty file: none yet. Broken ones are an error, as -EBADMSG: the last guide is better.
 */
#define GUIDE_MADEUP_MAX 5000
int guide_worker(int argc, char **argv);

#endif
