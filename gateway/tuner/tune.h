/*
 * Watching: from a request for a stream to a reader of the relay.
 *
 * The head of the reply is held back until the first bytes are there, so that a
 * channel that cannot start answers 503 with X-HDHomeRun-Error and an empty body
 * (protocols.md §2.4), never 200 with nothing. A HEAD is answered without tuning.
 */
#ifndef GATEWAY_TUNER_TUNE_H
#define GATEWAY_TUNER_TUNE_H

struct device;
struct gateway;
struct http_request;
struct lineup_channel;

/*
 * Streams `channel` to the client. `device` NULL: a player's own address, which
 * needs no tuner. `tuner`: which, or DEVICE_ANY_TUNER. ?duration= ends it.
 */
void tune(struct http_request *req, struct gateway *g, const struct lineup_channel *channel,
    struct device *device, int tuner);

/* The reply for what is not in the lineup. */
void tune_unknown(struct http_request *req);

#endif
