/*
 * The characters that HTML has names for: all of the WHATWG's named character references
 * that end in a semicolon and stand for one character (HTML, section 13.5).
 */
#ifndef EPG_HTML_ENTITY_H
#define EPG_HTML_ENTITY_H

#include <stddef.h>
#include <stdint.h>

/* The character of a name ("eacute"; case matters); 0: HTML has none such. */
uint32_t html_entity(const char *name, size_t len);

#endif
