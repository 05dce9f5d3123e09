#include "gateway/http/route.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"

static const char REST[] = "...}";

/* "/lit{name}/lit/{rest...}": a brace opens one name, which is the last of its element. */
static _Bool
pattern_is_sound(const char *pattern)
{
	const char *p = pattern;

	if (*p != '/')
		return 0;
	while (*p != '\0') {
		size_t name;

		p++;
		p += strcspn(p, "/{}");
		if (*p == '}')
			return 0;
		if (*p != '{')
			continue;
		name = strspn(p + 1, "abcdefghijklmnopqrstuvwxyz_");
		if (name == 0)
			return 0;
		if (strcmp(p + 1 + name, REST) == 0)
			return p[-1] == '/';
		p += 1 + name;
		if (*p != '}' || (p[1] != '/' && p[1] != '\0'))
			return 0;
		p++;
	}
	return 1;
}

int
http_routes_check(const struct http_route *routes, struct err *err)
{
	for (const struct http_route *r = routes; r->pattern != NULL; r++) {
		if (!pattern_is_sound(r->pattern))
			return err_set(err, EINVAL, "route '%s': not a pattern", r->pattern);
	}
	return 0;
}

static void
add_param(struct buf *params, const char *name, size_t name_len, const char *value, size_t len)
{
	buf_add(params, name, name_len);
	buf_char(params, '\0');
	buf_add(params, value, len);
	buf_char(params, '\0');
}

_Bool
http_route_fits(const char *pattern, const char *path, struct buf *params)
{
	buf_clear(params);
	for (;;) {
		size_t literal = strcspn(pattern, "{"), name, value;

		if (strncmp(path, pattern, literal) != 0)
			return 0;
		pattern += literal;
		path += literal;
		if (*pattern == '\0')
			return *path == '\0';
		pattern++;
		name = strcspn(pattern, ".}");
		if (strcmp(pattern + name, REST) == 0) {
			add_param(params, pattern, name, path, strlen(path));
			return 1;
		}
		value = strcspn(path, "/");
		if (value == 0)
			return 0;
		add_param(params, pattern, name, path, value);
		pattern += name + 1;
		path += value;
	}
}

const struct http_route *
http_route_find(const struct http_route *routes, enum http_method method, const char *path,
    struct buf *params, unsigned *ret_allowed)
{
	*ret_allowed = 0;
	for (const struct http_route *r = routes; r->pattern != NULL; r++) {
		unsigned methods = r->methods | (r->methods & HTTP_GET ? HTTP_HEAD : 0);

		if (!http_route_fits(r->pattern, path, params))
			continue;
		if (methods & method)
			return r;
		*ret_allowed |= methods;
	}
	return NULL;
}

const char *
http_route_param(const struct buf *params, const char *name)
{
	const char *p = params->data, *end = p + params->len;

	while (p < end) {
		const char *value = p + strlen(p) + 1;

		if (strcmp(p, name) == 0)
			return value;
		p = value + strlen(value) + 1;
	}
	return "";
}
