/*
 * The HTTP API of an HDHomeRun (protocols.md §2): what it is, its lineup, its
 * state, and its streams. The first device answers at the root, as the hardware
 * does; every device answers below /device/ID.
 */
#ifndef GATEWAY_TUNER_API_H
#define GATEWAY_TUNER_API_H

struct http_request;

/* Handlers; `arg` is the struct gateway. Those with {device} in the path use it. */
void api_discover(struct http_request *req, void *arg);
void api_lineup_json(struct http_request *req, void *arg);
void api_lineup_xml(struct http_request *req, void *arg);
void api_lineup_m3u(struct http_request *req, void *arg);
void api_lineup_status(struct http_request *req, void *arg);
void api_lineup_post(struct http_request *req, void *arg);
void api_status(struct http_request *req, void *arg);
void api_device_xml(struct http_request *req, void *arg);
/* /auto/v{channel} and /tuner{n}/v{channel} */
void api_stream(struct http_request *req, void *arg);
/* /auto/ch{frequency}: raw frequencies, which no playlist has. */
void api_no_frequency(struct http_request *req, void *arg);

#endif
