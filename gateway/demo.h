/*
 * The built-in demo: six test cards and their guide, so that a first start shows
 * a picture without a config, a file or a network. It enters by the same door as
 * any provider: as the text of a playlist and of an XMLTV guide.
 */
#ifndef GATEWAY_DEMO_H
#define GATEWAY_DEMO_H

struct buf;

void demo_playlist(struct buf *out);
/* Yesterday to three days ahead of now, whole hours, UTC. */
void demo_guide(struct buf *out);

#endif
