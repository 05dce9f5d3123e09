/*
 * The front page: what is running and what to paste where. Plain HTML that needs
 * no script, readable on a phone and in the dark.
 */
#ifndef GATEWAY_PAGE_H
#define GATEWAY_PAGE_H

struct http_request;

/* Handlers; `arg` is the struct gateway. */
void page_front(struct http_request *req, void *arg);
void page_style(struct http_request *req, void *arg);
/* An SVG, which browsers take for /favicon.ico too. */
void page_icon(struct http_request *req, void *arg);

#endif
