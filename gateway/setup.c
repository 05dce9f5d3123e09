#include "gateway/setup.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "epg/wanted.h"
#include "gateway/allow.h"
#include "gateway/channels.h"
#include "gateway/gateway.h"
#include "gateway/guide.h"
#include "gateway/images.h"
#include "gateway/relay/ledger.h"
#include "gateway/source.h"
#include "gateway/stream.h"
#include "gateway/tuner/device.h"

#define RAP_WAIT_MS    1500
#define CHANNELS_MAX   256
#define READERS_MAX    4000
#define DAY_S          86400
/* Rules of a config, at most RULES_MAX of 4 KiB each. */
#define RULES_TEXT_MAX (1u << 20)

/* Everything that a new configuration makes, before it is in force. */
struct made {
	struct allow *allow;
	struct gateway_playlist *playlists;
	size_t playlist_count;
	struct gateway_guide *guides;
	size_t guide_count;
	struct device **devices;
	size_t device_count;
};

/* -- making ------------------------------------------------------------------------- */

static struct source_config
source_config(enum source_kind kind, const struct config_source *s)
{
	return (struct source_config){ .kind = kind,
		.name = s->name,
		.url = s->url,
		.user_agent = s->user_agent,
		.proxy = s->proxy,
		.headers = s->headers,
		.header_count = s->header_count,
		.refresh_ms = s->refresh_ms,
		.refresh_minute = s->refresh_minute,
		.shrink_percent = s->shrink_percent };
}

/* What all guides are read by, as epg/rules.h has it. */
static const char *
guide_rules(const struct config *config, struct buf *out)
{
	if (config->guide.categories)
		buf_str(out, "kinds\n");
	for (size_t i = 0; i < config->guide.rule_count; i++)
		buf_printf(out, "%s\n", config->guide.rules[i]);
	return buf_status(out) < 0 ? NULL : out->data;
}

static struct source_config
guide_config(const struct config *config, size_t i, const char *rules)
{
	struct source_config wanted = source_config(SOURCE_GUIDE, &config->guides[i].source);

	wanted.zone = config->guides[i].zone;
	wanted.ignore_offsets = config->guides[i].ignore_offsets != 0;
	/*
	 * A day more: the guide's window begins with a day, wherever we are. And as much as a
	 * timeshift or a tvg-shift can move into it, so that changing one reads nothing anew.
	 */
	wanted.past_s = (config->guide.days_back + UINT64_C(1)) * DAY_S + WANTED_SHIFT_MAX;
	wanted.rules = rules;
	return wanted;
}

/* The source at work if it is still what the config describes, else a new one. */
static struct source *
keep_or_make(const struct gateway *g, const struct config *config, struct source *old,
    const struct source_config *wanted, const struct source_events *events, struct err *err)
{
	const struct source_deps deps = { g->base, g->fetcher, g->workers, g->clock, config->data };
	struct source *new;

	if (old != NULL && source_matches(old, wanted))
		return old;
	new = source_new(&deps, wanted, events, err);
	if (new == NULL)
		err_wrap(err, "%s '%s'", source_kind_name(wanted->kind), wanted->name);
	return new;
}

static int
make_playlists(struct made *made, const struct gateway *g, const struct config *config,
    const struct source_events *events, struct err *err)
{
	made->playlists = calloc(config->playlist_count + 1, sizeof(*made->playlists));
	if (made->playlists == NULL)
		return err_set(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < config->playlist_count; i++) {
		const struct config_playlist *p = &config->playlists[i];
		const struct gateway_playlist *old = gateway_find_playlist(g, p->source.name);
		struct gateway_playlist *new = &made->playlists[i];
		struct source_config wanted = source_config(SOURCE_PLAYLIST, &p->source);

		made->playlist_count = i + 1;
		new->config = p;
		new->account = old != NULL ? ledger_ref(old->account)
					   : ledger_new(p->source.name, p->max_streams);
		if (new->account == NULL)
			return err_set(err, ENOMEM, "out of memory");
		new->source = keep_or_make(g, config, old != NULL ? old->source : NULL, &wanted,
		    events, err);
		if (new->source == NULL)
			return err->code;
	}
	return 0;
}

static int
make_guides(struct made *made, const struct gateway *g, const struct config *config,
    const struct source_events *events, struct err *err)
{
	struct buf text = BUF_INIT(RULES_TEXT_MAX);
	const char *rules = guide_rules(config, &text);
	int rc = 0;

	made->guides = calloc(config->guide_count + 1, sizeof(*made->guides));
	if (made->guides == NULL || rules == NULL)
		rc = err_set(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < config->guide_count && rc == 0; i++) {
		struct source_config wanted = guide_config(config, i, rules);
		const struct gateway_guide *old = gateway_find_guide(g, wanted.name);
		struct gateway_guide *new = &made->guides[i];

		made->guide_count = i + 1;
		new->config = &config->guides[i];
		new->source = keep_or_make(g, config, old != NULL ? old->source : NULL, &wanted,
		    events, err);
		if (new->source == NULL)
			rc = err->code;
	}
	buf_release(&text);
	return rc;
}

static struct device *
find_device(struct device *const *devices, size_t count, uint32_t id)
{
	for (size_t i = 0; i < count; i++) {
		if (device_id(devices[i]) == id)
			return devices[i];
	}
	return NULL;
}

/* A device is its id: one that is at work goes on with its tuners, wherever in the list it is. */
static struct device *
keep_or_make_device(const struct gateway *g, const struct config_device *wanted, unsigned i,
    struct err *err)
{
	struct device *new, *old;

	new = device_new(i, wanted->name, wanted->tuners, wanted->id, g->store, err);
	old = new == NULL ? NULL : find_device(g->devices, g->device_count, device_id(new));
	if (old == NULL)
		return new;
	device_unref(new);
	return device_ref(old);
}

static int
make_devices(struct made *made, const struct gateway *g, const struct config *config,
    struct err *err)
{
	made->devices = calloc(config->device_count + 1, sizeof(struct device *));
	if (made->devices == NULL)
		return err_set(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < config->device_count; i++) {
		struct device *d = keep_or_make_device(g, &config->devices[i], (unsigned)i, err);

		if (d == NULL)
			return err->code;
		if (find_device(made->devices, i, device_id(d)) != NULL) {
			err_set(err, EEXIST, "devices: two have the id %s", device_id_text(d));
			device_unref(d);
			return err->code;
		}
		made->devices[i] = d;
		made->device_count = i + 1;
	}
	return 0;
}

static int
make_all(struct made *made, const struct gateway *g, const struct config *config,
    const struct source_events *events, struct err *err)
{
	int rc;

	made->allow = allow_new(config->allow, config->allow_count, err);
	if (made->allow == NULL)
		return err_wrap(err, "allow");
	rc = make_devices(made, g, config, err);
	if (rc == 0)
		rc = make_playlists(made, g, config, events, err);
	if (rc == 0)
		rc = make_guides(made, g, config, events, err);
	return rc;
}

/* -- unmaking ------------------------------------------------------------------------- */

static _Bool
uses_source(const struct made *made, const struct source *source)
{
	for (size_t i = 0; i < made->playlist_count; i++) {
		if (made->playlists[i].source == source)
			return 1;
	}
	for (size_t i = 0; i < made->guide_count; i++) {
		if (made->guides[i].source == source)
			return 1;
	}
	return 0;
}

/* Frees `gone` but for the sources that `stays` uses as well. */
static void
unmake(struct made *gone, const struct made *stays)
{
	allow_free(gone->allow);
	for (size_t i = 0; i < gone->playlist_count; i++) {
		if (!uses_source(stays, gone->playlists[i].source))
			source_free(gone->playlists[i].source);
		ledger_unref(gone->playlists[i].account);
	}
	free(gone->playlists);
	for (size_t i = 0; i < gone->guide_count; i++) {
		if (!uses_source(stays, gone->guides[i].source))
			source_free(gone->guides[i].source);
	}
	free(gone->guides);
	for (size_t i = 0; i < gone->device_count; i++)
		device_unref(gone->devices[i]);
	free(gone->devices);
}

static struct made
made_of(const struct gateway *g)
{
	return (struct made){ g->allow, g->playlists, g->playlist_count, g->guides, g->guide_count,
		g->devices, g->device_count };
}

/* -- putting into force ------------------------------------------------------------------ */

struct relay_settings
setup_relay(const struct config *config)
{
	return (struct relay_settings){
		.window_bytes = config->relay.window_bytes,
		.window_ms = config->relay.window_ms,
		.join_behind_ms = config->relay.join_behind_ms,
		.linger_ms = config->relay.linger_ms,
		.connect_ms = config->relay.connect_ms,
		.stall_ms = config->relay.stall_ms,
		.late_ms = config->relay.late_ms,
		.rap_wait_ms = RAP_WAIT_MS,
		.sendfile_from = config->relay.sendfile_from,
		.channels_max = CHANNELS_MAX,
		.readers_max = READERS_MAX,
	};
}

static int
set_lineup_sources(const struct gateway *g)
{
	struct channels_source sources[CHANNELS_SOURCES_MAX];

	assert(g->playlist_count <= CHANNELS_SOURCES_MAX); /* the config's limit */
	for (size_t i = 0; i < g->playlist_count; i++) {
		sources[i].name = g->playlists[i].config->source.name;
		sources[i].path = source_result_path(g->playlists[i].source);
	}
	return channels_set_sources(g->channels, sources, g->playlist_count);
}

static int
set_guide_sources(const struct gateway *g)
{
	const struct guide_settings settings = {
		.days_back = g->config->guide.days_back,
		.days = g->config->guide.days,
		.block_s = (uint32_t)(g->config->guide.made_up_ms / 1000),
		.fill = g->config->guide.fill != 0,
		.events = g->config->guide.events != 0,
	};
	struct guide_source sources[GUIDE_SOURCES_MAX];

	assert(g->guide_count <= GUIDE_SOURCES_MAX); /* the config's limit */
	for (size_t i = 0; i < g->guide_count; i++) {
		sources[i].name = g->guides[i].config->source.name;
		sources[i].path = source_result_path(g->guides[i].source);
		sources[i].shift_s = g->guides[i].config->shift_s;
	}
	guide_set_settings(g->guide, &settings);
	return guide_set_sources(g->guide, sources, g->guide_count);
}

/* What is kept of the sources that were there takes over what may change. */
static int
configure_sources(const struct gateway *g)
{
	struct buf text = BUF_INIT(RULES_TEXT_MAX);
	const char *rules = guide_rules(g->config, &text);
	int rc = rules != NULL ? 0 : -ENOMEM;

	for (size_t i = 0; i < g->playlist_count && rc == 0; i++) {
		struct source_config wanted = source_config(SOURCE_PLAYLIST,
		    &g->playlists[i].config->source);

		rc = source_configure(g->playlists[i].source, &wanted);
	}
	for (size_t i = 0; i < g->guide_count && rc == 0; i++) {
		struct source_config wanted = guide_config(g->config, i, rules);

		rc = source_configure(g->guides[i].source, &wanted);
	}
	buf_release(&text);
	return rc;
}

int
setup_wanted(const struct gateway *g)
{
	struct channels_wanted wanted;
	int rc;

	channels_get_wanted(g->channels, &wanted);
	rc = guide_set_wanted(g->guide, wanted.path, wanted.text);
	for (size_t i = 0; i < g->guide_count && rc == 0; i++)
		rc = source_set_wanted(g->guides[i].source, wanted.path, wanted.ids);
	return rc;
}

static int
configure_images(const struct gateway *g)
{
	const struct images_settings settings = { g->config->images.proxy,
		g->config->images.space_bytes, g->config->images.age_ms, g->config->images.logos };

	return g->images == NULL ? 0 : images_configure(g->images, &settings);
}

int
setup_apply(struct gateway *g, struct config *config, const struct source_events *events,
    struct err *err)
{
	struct made made = { 0 }, old = made_of(g);
	const struct relay_settings settings = setup_relay(config);
	struct config *old_config = g->config;
	int rc;

	rc = make_all(&made, g, config, events, err);
	if (rc < 0) {
		unmake(&made, &old);
		return rc;
	}
	g->config = config;
	g->allow = made.allow;
	g->playlists = made.playlists;
	g->playlist_count = made.playlist_count;
	g->guides = made.guides;
	g->guide_count = made.guide_count;
	g->devices = made.devices;
	g->device_count = made.device_count;
	unmake(&old, &made);
	for (size_t i = 0; i < g->device_count; i++)
		device_configure(g->devices[i], config->devices[i].name, config->devices[i].tuners);
	for (size_t i = 0; i < g->playlist_count; i++)
		ledger_set_limit(g->playlists[i].account, config->playlists[i].max_streams);
	log_set_level(config->log_level);
	relay_configure(g->relay, &settings);
	if (set_lineup_sources(g) < 0 || set_guide_sources(g) < 0 || configure_sources(g) < 0 ||
	    setup_wanted(g) < 0 || configure_images(g) < 0)
		log_error(NULL, "out of memory: not all of it is in force until the next reload");
	stream_update_all(g);
	config_free(old_config);
	return 0;
}

void
setup_release(struct gateway *g)
{
	static const struct made nothing;
	struct made all = made_of(g);

	unmake(&all, &nothing);
	config_free(g->config);
	g->config = NULL;
}
