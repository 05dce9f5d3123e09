/*
 * What IPTV players take: the playlist, the guide, pictures, and streams by the stable id
 * of a channel. Threadfin's and xTeVe's addresses are aliases of the same.
 */
#ifndef GATEWAY_OUTPUTS_H
#define GATEWAY_OUTPUTS_H

struct http_request;

/* Handlers; `arg` is the struct gateway. */
void outputs_playlist(struct http_request *req, void *arg);
void outputs_guide(struct http_request *req, void *arg);
void outputs_guide_gzip(struct http_request *req, void *arg);
/* /images/logo/{channel}: its id, or that of the guide */
void outputs_logo(struct http_request *req, void *arg);
/* /images/{code}?url= */
void outputs_picture(struct http_request *req, void *arg);
/* /stream/{id}, with or without .ts */
void outputs_stream(struct http_request *req, void *arg);

#endif
