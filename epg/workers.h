/*
 * The guide room's worker. It runs in its own jailed process: it calls
 * sandbox_enter first, talks on WIRE_FD, and returns its exit status.
 */
#ifndef EPG_WORKERS_H
#define EPG_WORKERS_H

/*
 * guide: fd 4 a guide as it was fetched (XMLTV, perhaps gzip), fd 5 an empty
 * file for guide.xml, fd 6 an empty file for guide.xml.gz. The text passes as it
 * is; what is not XMLTV, is cut short, or inflates beyond the limits fails.
 * Results: "bytes" (of XML), "channels", "programmes".
 */
int guide_worker(int argc, char **argv);

#endif
