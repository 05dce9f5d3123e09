/*
 * The files that the page needs, linked into the binary: no folder to install,
 * nothing fetched from elsewhere.
 */
#ifndef WEB_ASSETS_H
#define WEB_ASSETS_H

#include <stddef.h>

/* style.css, NUL-terminated. */
const char *web_style(size_t *ret_len);

#endif
