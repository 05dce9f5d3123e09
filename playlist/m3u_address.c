#include "playlist/m3u_address.h"

#include <string.h>

#include "base/buf.h"
#include "base/url.h"
#include "playlist/m3u_text.h"

_Bool
m3u_is_address(const char *text)
{
	size_t n = strcspn(text, "/ ");

	if (n > 1 && strncmp(text + n - 1, "://", 3) == 0)
		return 1;
	return strchr(text, ' ') == NULL && strpbrk(text, "/.") != NULL;
}

char *
m3u_address_headers(char *address)
{
	char *bar = strchr(address, '|');

	/* Without a name and a value it is a | of the address itself. */
	if (bar == NULL || bar[1] == '=' || strchr(bar, '=') == NULL)
		return NULL;
	*bar = '\0';
	m3u_trim(address);
	return bar + 1;
}

void
m3u_address_name(char *out, const char *address)
{
	struct buf part = BUF_INIT(URL_MAX);
	const char *start = strstr(address, "://"), *end, *p;

	start = start == NULL ? address : start + 3;
	end = start + strcspn(start, "?#");
	while (end > start && end[-1] == '/')
		end--;
	p = memrchr(start, '/', (size_t)(end - start));
	if (p == NULL)
		p = memrchr(start, '@', (size_t)(end - start));
	start = p == NULL ? start : p + 1;
	buf_add(&part, start, (size_t)(end - start));
	if (url_decode(part.data) < 0) {
		buf_clear(&part);
		buf_add(&part, start, (size_t)(end - start));
	}
	if (m3u_clean(out, part.data, strlen(part.data)) == 0)
		m3u_clean(out, "unnamed", 7);
	buf_release(&part);
}
