#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "gateway/source_parts.h"

static char *
copy(const char *text, _Bool *ok)
{
	char *dup = text == NULL ? NULL : strdup(text);

	if (text != NULL && dup == NULL)
		*ok = 0;
	return dup;
}

static _Bool
same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

int
source_copy_reading(struct source *s, const struct source_config *config)
{
	_Bool ok = 1;
	char *zone = copy(config->zone, &ok), *rules = copy(config->rules, &ok);

	if (!ok) {
		free(zone);
		free(rules);
		return -ENOMEM;
	}
	free(s->zone);
	free(s->rules);
	s->zone = zone;
	s->rules = rules;
	s->past_s = config->past_s;
	s->ignore_offsets = config->ignore_offsets;
	s->refresh_ms = config->refresh_ms;
	s->refresh_minute = config->refresh_minute;
	s->shrink_percent = config->shrink_percent;
	return 0;
}

_Bool
source_copy_config(struct source *s, const struct source_config *config)
{
	_Bool ok = 1;

	s->kind = config->kind;
	s->name = copy(config->name, &ok);
	s->url = copy(config->url, &ok);
	s->user_agent = copy(config->user_agent, &ok);
	s->proxy = copy(config->proxy, &ok);
	s->headers = calloc(config->header_count + 1, sizeof(*s->headers));
	if (s->headers == NULL)
		return 0;
	for (; s->header_count < config->header_count; s->header_count++)
		s->headers[s->header_count] = copy(config->headers[s->header_count], &ok);
	return ok && source_copy_reading(s, config) == 0;
}

_Bool
source_make_paths(struct source *s)
{
	const char *data = s->deps.data;

	/* With an ending, so that no name makes it another one's NAME.meta. */
	if (asprintf(&s->cache_path, "%s/cache/%s-%s.download", data, source_kind_name(s->kind),
		s->name) == -1)
		s->cache_path = NULL;
	if (asprintf(&s->result_path, "%s/snapshots/%s.%s", data, s->name,
		s->kind == SOURCE_PLAYLIST ? "catalogue" : "listings") == -1)
		s->result_path = NULL;
	return s->cache_path != NULL && s->result_path != NULL;
}

void
source_free_config(struct source *s)
{
	for (size_t i = 0; i < s->header_count; i++)
		free(s->headers[i]);
	free(s->headers);
	free(s->name);
	free(s->url);
	free(s->user_agent);
	free(s->proxy);
	free(s->zone);
	free(s->rules);
	free(s->wanted_path);
	free(s->cache_path);
	free(s->result_path);
}

_Bool
source_matches(const struct source *s, const struct source_config *config)
{
	if (s->kind != config->kind || !same(s->name, config->name) || !same(s->url, config->url) ||
	    !same(s->user_agent, config->user_agent) || !same(s->proxy, config->proxy) ||
	    s->header_count != config->header_count)
		return 0;
	for (size_t i = 0; i < s->header_count; i++) {
		if (!same(s->headers[i], config->headers[i]))
			return 0;
	}
	return 1;
}

static uint64_t
hash_text(uint64_t hash, const char *text)
{
	return hash_fnv(hash, text != NULL ? text : "", text != NULL ? strlen(text) + 1 : 1);
}

uint64_t
source_recipe(const struct source *s)
{
	uint64_t hash = hash_fnv(HASH_FNV_INIT, &s->wanted, sizeof(s->wanted));

	if (s->kind == SOURCE_PLAYLIST)
		return 1; /* there is one way to read them */
	if (s->wanted == 0)
		return 0;
	hash = hash_text(hash_text(hash, s->zone), s->rules);
	hash = hash_fnv(hash, &s->past_s, sizeof(s->past_s));
	hash = hash_fnv(hash, &s->ignore_offsets, sizeof(s->ignore_offsets));
	return hash != 0 ? hash : 1;
}
