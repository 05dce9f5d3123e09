/*
 * The promise of the lineup: whatever a provider does to its list, what is still
 * there keeps its id and its number, what comes back has them again, and no two
 * have the same.
 */
#include <stdio.h>

#include "base/buf.h"
#include "base/hash.h"
#include "tests/unit/playlist/lists.h"

#define THINGS 2000 /* at the start */
#define MAX    4000
#define ROUNDS 12
#define NOW    1700000000

/* What a playlist entry stands for; the test knows it by its place in the table. */
struct thing {
	unsigned stream; /* of its address; shared by listings of one stream in two groups */
	unsigned guide;  /* 0: none; shared by copies */
	unsigned name, group, chno;
	_Bool listed;
	uint64_t id, number; /* 0: never listed yet */
};

struct world {
	struct thing things[MAX];
	unsigned count, order[MAX];
	unsigned names, streams; /* how many have been used */
	unsigned host, token;
	uint32_t state;
};

static unsigned
pick(struct world *w, unsigned below)
{
	w->state = w->state * 1664525 + 1013904223;
	return (w->state >> 8) % below;
}

static void
insert(struct world *w)
{
	struct thing *t = &w->things[w->count];

	*t = (struct thing){ .stream = ++w->streams, .name = ++w->names, .listed = 1 };
	t->group = pick(w, 20);
	if (pick(w, 2) == 0)
		t->guide = w->names;
	if (pick(w, 10) == 0)
		/* A gone channel's number may be asked for: later ones ask for their own. */
		t->chno = w->count < THINGS ? pick(w, 3000) : 5000 + w->names;
	w->order[w->count] = w->count;
	w->count++;
}

/*
 * A copy of what the last one is. Not once things have gone: then a copy may as
 * well be the gone one at another place, and nobody could tell.
 */
static void
insert_copy(struct world *w)
{
	const struct thing *before = &w->things[w->count - 1];
	struct thing *t = &w->things[w->count];

	insert(w);
	if (before->guide != 0 && pick(w, 2) == 0) {
		/* HD, SD and backup: one guide id, sometimes one name. */
		t->guide = before->guide;
		t->group = before->group;
		if (pick(w, 3) == 0)
			t->name = before->name;
	} else if (pick(w, 5) == 0) {
		/* The same stream once more in another group. */
		*t = *before;
		t->group = before->group + 100;
		t->chno = 0;
	}
}

static void
shuffle(struct world *w)
{
	for (unsigned i = w->count; i > 1; i--) {
		unsigned k = pick(w, i), swap = w->order[k];

		w->order[k] = w->order[i - 1];
		w->order[i - 1] = swap;
	}
}

/* One refresh later. Each thing may happen, or not, or together with others. */
static void
happen(struct world *w)
{
	unsigned drop = pick(w, 3) == 0 ? 20 : 0, back = pick(w, 2) == 0 ? 3 : 0;
	unsigned rename = pick(w, 2) == 0 ? 30 : 0;

	for (unsigned i = 0; i < w->count; i++) {
		struct thing *t = &w->things[i];

		if (t->listed && drop > 0 && pick(w, drop) == 0)
			t->listed = 0;
		else if (!t->listed && back > 0 && pick(w, back) == 0)
			t->listed = 1;
		else if (t->listed && rename > 0 && pick(w, rename) == 0)
			t->name = ++w->names;
	}
	if (pick(w, 2) == 0)
		shuffle(w);
	w->token += pick(w, 2);
	w->host += pick(w, 3) == 0;
	for (unsigned n = pick(w, 3) == 0 ? 50 : 0; n > 0; n--)
		insert(w);
}

static void
write_list(const struct world *w, struct buf *out)
{
	buf_str(out, "#EXTM3U\n");
	for (unsigned i = 0; i < w->count; i++) {
		const struct thing *t = &w->things[w->order[i]];

		if (!t->listed)
			continue;
		buf_str(out, "#EXTINF:-1");
		if (t->guide != 0)
			buf_printf(out, " tvg-id=\"guide%u\"", t->guide);
		if (t->chno != 0)
			buf_printf(out, " tvg-chno=\"%u\"", t->chno);
		buf_printf(out, " group-title=\"Group %u\",Name %u\n", t->group, t->name);
		if (t->stream % 2 == 0)
			buf_printf(out, "http://host%u.example/live/user%u/pass/%u.ts\n", w->host,
			    w->token, t->stream);
		else
			buf_printf(out, "http://host%u.example/hls/ch%u/index.m3u8?token=%u\n",
			    w->host, t->stream, w->token);
	}
}

/* The lineup's channel at a playlist place is found by what its entry says. */
static uint64_t
signature(const struct lineup_channel *channel, const struct lineup_stream *stream)
{
	uint64_t hash = hash_fnv(HASH_FNV_INIT, stream->url, strlen(stream->url) + 1);

	hash = hash_fnv(hash, channel->group, strlen(channel->group) + 1);
	return hash_fnv(hash, channel->name, strlen(channel->name) + 1);
}

static uint64_t
expected_signature(const struct world *w, const struct thing *t)
{
	struct lineup_channel channel;
	struct lineup_stream stream;
	char url[128], group[32], name[32];

	if (t->stream % 2 == 0)
		snprintf(url, sizeof(url), "http://host%u.example/live/user%u/pass/%u.ts", w->host,
		    w->token, t->stream);
	else
		snprintf(url, sizeof(url), "http://host%u.example/hls/ch%u/index.m3u8?token=%u",
		    w->host, t->stream, w->token);
	snprintf(group, sizeof(group), "Group %u", t->group);
	snprintf(name, sizeof(name), "Name %u", t->name);
	channel.group = group;
	channel.name = name;
	stream.url = url;
	return signature(&channel, &stream);
}

static void
check_thing(const struct lineup_channel *channel, struct thing *t, unsigned place)
{
	uint64_t number = (uint64_t)channel->major << 32 | channel->minor;

	if (t->id == 0) {
		t->id = channel->id;
		t->number = number;
	}
	ck_assert_msg(t->id == channel->id, "thing %u: id changed", place);
	ck_assert_msg(t->number == number, "thing %u: number changed", place);
}

/* Every listed thing is there once, as what it was. */
static void
check(struct world *w, const struct lineup *l)
{
	struct hash_map places, ids;
	unsigned listed = 0;

	hash_map_init(&places);
	hash_map_init(&ids);
	for (unsigned i = 0; i < w->count; i++) {
		if (!w->things[i].listed)
			continue;
		listed++;
		ck_assert_int_eq(hash_map_put(&places, expected_signature(w, &w->things[i]), i), 0);
	}
	ck_assert_uint_eq(places.count, listed);
	ck_assert_uint_eq(lineup_count(l), listed);
	for (uint32_t i = 0; i < lineup_count(l); i++) {
		struct lineup_channel channel;
		struct lineup_stream stream;
		uint32_t place;

		lineup_get(l, i, &channel);
		lineup_get_stream(l, &channel, 0, &stream);
		place = hash_map_get(&places, signature(&channel, &stream), MAX);
		ck_assert_uint_ne(place, MAX);
		check_thing(&channel, &w->things[place], place);
		ck_assert_uint_eq(hash_map_get(&ids, channel.id, 0), 0);
		ck_assert_int_eq(hash_map_put(&ids, channel.id, 1), 0);
	}
	hash_map_release(&places);
	hash_map_release(&ids);
}

START_TEST(what_is_there_keeps_its_id_and_number)
{
	static struct world w;
	struct buf list = BUF_INIT(10 << 20);
	struct lineup *l = NULL, *next;

	w = (struct world){ .state = (uint32_t)_i + 1 };
	insert(&w);
	while (w.count < THINGS)
		insert_copy(&w);
	for (int round = 0; round < ROUNDS; round++) {
		buf_clear(&list);
		write_list(&w, &list);
		next = list_lineup(list.data, l, NOW + round * 3600, NULL);
		lineup_unref(l);
		l = next;
		check(&w, l);
		happen(&w);
	}
	lineup_unref(l);
	buf_release(&list);
}
END_TEST

UNIT_MAIN("lineup_stable", UNIT_ROWS(what_is_there_keeps_its_id_and_number, 6))
