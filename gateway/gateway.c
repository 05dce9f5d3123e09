#include "gateway/gateway.h"

#include <string.h>

#include "gateway/http/http.h"

const char *
gateway_base_url(const struct gateway *g, const struct http_request *req)
{
	return g->config->public_url != NULL ? g->config->public_url : http_base_url(req);
}

const struct gateway_playlist *
gateway_find_playlist(const struct gateway *g, const char *name)
{
	for (size_t i = 0; i < g->playlist_count; i++) {
		if (strcmp(g->playlists[i].config->source.name, name) == 0)
			return &g->playlists[i];
	}
	return NULL;
}

const struct gateway_guide *
gateway_find_guide(const struct gateway *g, const char *name)
{
	for (size_t i = 0; i < g->guide_count; i++) {
		if (strcmp(g->guides[i].config->source.name, name) == 0)
			return &g->guides[i];
	}
	return NULL;
}
