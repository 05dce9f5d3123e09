/*
 * UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>

/* Bytes (1 to 4) of the character at `p` (p < end); 0: no well-formed character stands there. */
size_t utf8_char(const char *p, const char *end);

#endif
