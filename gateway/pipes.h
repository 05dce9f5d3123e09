/*
 * Upstreams that a worker makes: the relay asks for one by URL and gets a pipe
 * of MPEG-TS. testcard: is the only scheme so far.
 */
#ifndef GATEWAY_PIPES_H
#define GATEWAY_PIPES_H

struct relay_pipe_ops;
struct worker_pool;

/* `workers` must outlive every pipe that the operations start. */
void pipes_init(struct relay_pipe_ops *ops, struct worker_pool *workers);

#endif
