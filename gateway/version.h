/*
 * What this build calls itself: `git describe`, as it was when it was built.
 */
#ifndef GATEWAY_VERSION_H
#define GATEWAY_VERSION_H

extern const char masthead_version[];

#endif
