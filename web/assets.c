#include "web/assets.h"

#include <string.h>

/* The assembler includes the file itself; the Makefile knows that this object needs it. */
__asm__(".section .rodata\n"
	".global web_style_css\n"
	"web_style_css:\n"
	".incbin \"web/style.css\"\n"
	".byte 0\n"
	".previous\n");

extern const char web_style_css[];

const char *
web_style(size_t *ret_len)
{
	*ret_len = strlen(web_style_css);
	return web_style_css;
}
