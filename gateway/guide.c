#include "gateway/guide.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"

struct guide {
	struct guide_deps deps;
	guide_ready_cb *ready;
	void *arg;
	char *xml_path, *gzip_path;
	int xml, gzip; /* what is served; -1: nothing */
	struct guide_info info;
	struct err err;
};

struct guide *
guide_new(const struct guide_deps *deps, guide_ready_cb *ready, void *arg, struct err *err)
{
	struct guide *g = calloc(1, sizeof(*g));

	if (g == NULL) {
		err_set(err, ENOMEM, "out of memory");
		return NULL;
	}
	g->deps = *deps;
	g->ready = ready;
	g->arg = arg;
	g->xml = g->gzip = -1;
	if (asprintf(&g->xml_path, "%s/guide/guide.xml", deps->data) == -1)
		g->xml_path = NULL;
	if (asprintf(&g->gzip_path, "%s/guide/guide.xml.gz", deps->data) == -1)
		g->gzip_path = NULL;
	if (g->xml_path == NULL || g->gzip_path == NULL) {
		err_set(err, ENOMEM, "out of memory");
		guide_free(g);
		return NULL;
	}
	return g;
}

static void
close_files(struct guide *g)
{
	if (g->xml != -1)
		(void)close(g->xml);
	if (g->gzip != -1)
		(void)close(g->gzip);
	g->xml = g->gzip = -1;
}

void
guide_free(struct guide *g)
{
	if (g == NULL)
		return;
	close_files(g);
	free(g->xml_path);
	free(g->gzip_path);
	free(g);
}

void
guide_restore(struct guide *g)
{
	int xml = open(g->xml_path, O_RDONLY | O_CLOEXEC);

	if (xml == -1)
		return;
	close_files(g);
	g->xml = xml;
	g->gzip = open(g->gzip_path, O_RDONLY | O_CLOEXEC);
	g->info.made = clock_wall(g->deps.clock);
	g->ready(g->arg, NULL);
}

struct guide_index *
guide_index(const struct guide *g)
{
	(void)g;
	return NULL;
}

int
guide_xml_fd(const struct guide *g)
{
	return g->xml;
}

int
guide_gzip_fd(const struct guide *g)
{
	return g->gzip;
}

void
guide_get_info(const struct guide *g, struct guide_info *ret)
{
	*ret = g->info;
	ret->error = g->err.text;
}
