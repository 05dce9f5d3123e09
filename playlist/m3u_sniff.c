#include "playlist/m3u_sniff.h"

#include <string.h>
#include <strings.h>

#include "base/list.h"

#define START(text) (text), sizeof(text) - 1

/* The first row that fits counts. */
static const struct {
	const char *start;
	size_t len;
	const char *what;
} kinds[] = {
	{ START("\x1f\x8b"), "gzip data" },
	{ START("PK\x03\x04"), "a ZIP archive" },
	{ START("BZh"), "bzip2 data" },
	{ START("\xfd\x37zXZ"), "xz data" },
	{ START("\x28\xb5\x2f\xfd"), "zstd data" },
	{ START("\xff\xfe"), "UTF-16 text" },
	{ START("\xfe\xff"), "UTF-16 text" },
	{ START("[playlist]"), "a PLS playlist" },
	{ START("{"), "JSON" },
	{ START("["), "JSON" },
	{ START("<?xml"), "an XML document" },
	{ START("<tv"), "an XMLTV guide" },
	{ START("<"), "a web page (HTML)" },
};

const char *
m3u_sniff(const char *data, size_t len)
{
	if (len >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0) {
		data += 3;
		len -= 3;
	}
	while (len > 0 && (*data == ' ' || *data == '\t')) {
		data++;
		len--;
	}
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (len >= kinds[i].len && strncasecmp(data, kinds[i].start, kinds[i].len) == 0)
			return kinds[i].what;
	}
	if (len > 0 && *data == '#')
		return NULL;
	for (size_t i = 0; i < len && i < 512; i++) {
		if ((unsigned char)data[i] < 0x20 && data[i] != '\t')
			return "binary data";
	}
	return NULL;
}
