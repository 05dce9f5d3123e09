/* rooms: gateway gateway/tuner epg base */
/*
 * A configuration, from its bytes to the struct. NULs part the input: what is
 * before the first is a --set, what is before the second a variable of the
 * environment, the rest is the file. What is taken must keep every promise of
 * gateway/config.h; what is not must be told, in lines fit for a terminal.
 */
#include "gateway/config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/redact.h"
#include "gateway/tuner/device.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(what)              \
	do {                     \
		if (!(what))     \
			abort(); \
	} while (0)

static void
on_problem(const char *problem, void *arg)
{
	unsigned *told = arg;

	CHECK(*problem != '\0');
	for (; *problem != '\0'; problem++)
		CHECK((unsigned char)*problem >= 0x20 && *problem != 0x7f);
	(*told)++;
}

/* Cuts a NUL-terminated part off the front. NULL: there is no NUL. */
static char *
take_part(const uint8_t **data, size_t *size)
{
	const uint8_t *end = memchr(*data, '\0', *size);
	char *part;

	if (end == NULL)
		return NULL;
	part = strdup((const char *)*data);
	*size -= (size_t)(end + 1 - *data);
	*data = end + 1;
	return part;
}

static void
check_sources(const struct config *c)
{
	for (size_t i = 0; i < c->playlist_count; i++) {
		const struct config_playlist *p = &c->playlists[i];

		CHECK(p->source.name != NULL && strlen(p->source.name) <= 40 &&
		    p->source.url != NULL);
		CHECK(p->source.shrink_percent <= 100 && p->max_streams <= 1000);
		for (size_t n = 0; n < p->source.header_count; n++)
			CHECK(strpbrk(p->source.headers[n], "\r\n") == NULL);
		for (size_t n = 0; n < i; n++)
			CHECK(strcmp(p->source.name, c->playlists[n].source.name) != 0);
	}
	for (size_t i = 0; i < c->guide_count; i++)
		CHECK(c->guides[i].source.name != NULL && c->guides[i].source.url != NULL);
}

static void
check_config(const struct config *c)
{
	CHECK(c->listen_count > 0 && c->allow_count > 0 && c->data != NULL);
	CHECK(c->playlist_count > 0 && c->device_count > 0 && c->log_level <= 3);
	CHECK(c->relay.window_bytes >= 1u << 20 && c->relay.window_bytes <= 256u << 20);
	CHECK(c->relay.join_behind_ms < c->relay.window_ms && c->relay.stall_ms > 0);
	for (size_t i = 0; i < c->device_count; i++) {
		CHECK(c->devices[i].name != NULL && c->devices[i].tuners >= 1);
		CHECK(c->devices[i].tuners <= DEVICE_TUNERS_MAX);
	}
	check_sources(c);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char home[] = "HOME=/home/ann", secret[] = "SECRET=S3cr3tW0rd";
	char *set = take_part(&data, &size);
	char *variable = take_part(&data, &size);
	char *env[] = { home, secret, variable, NULL };
	const char *sets[] = { set, NULL };
	const struct config_options options = { "fuzz.yaml", sets, env };
	struct err err = ERR_INIT;
	struct config *config;
	unsigned told = 0;

	if (config_load_text(&config, (const char *)data, size, &options, on_problem, &told,
		&err) == 0)
		check_config(config);
	else
		CHECK(config == NULL && told > 0 && err.text[0] != '\0');
	config_free(config);
	redact_forget();
	free(set);
	free(variable);
	return 0;
}
