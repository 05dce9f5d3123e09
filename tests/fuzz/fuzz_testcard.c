/* rooms: transcode base */
/*
 * testcard: URLs come out of playlists. What is taken for one has every number
 * in its range and a name that can be written, and nothing else is taken.
 */
#include "transcode/testcard.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "transcode/font.h"

static _Bool
is_sound(const struct testcard_spec *s)
{
	const char *text = s->name;
	uint32_t code;

	while ((code = font_next(&text)) != 0) {
		if (code == FONT_BAD_UTF8 || code < ' ')
			return 0;
	}
	return strlen(s->name) > 0 && s->number >= 1 && s->number <= 9999 && s->fps >= 1 &&
	    s->fps <= 60 && s->gop >= 1 && s->gop <= 500 && s->rate >= 100000 &&
	    s->rate <= 50000000 && s->width >= 160 && s->width <= 1920 && s->height >= 120 &&
	    s->height <= 1080 && s->width % 2 == 0 && s->height % 2 == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	struct testcard_spec spec;
	char *url = malloc(size + 1);
	int rc;

	if (url == NULL)
		return 0;
	memcpy(url, data, size);
	url[size] = '\0';
	rc = testcard_parse(&spec, url, &err);
	free(url);
	if (rc == 0 ? !is_sound(&spec) : rc != -EINVAL || rc != err.code || err.text[0] == '\0')
		abort();
	return 0;
}
