#include "playlist/identity.h"

#include <string.h>

#include "unit.h"

static const struct {
	const char *label, *a, *b;
	_Bool same_address, same_path;
} urls[] = {
	{ "the same", "http://h/a/1.ts", "http://h/a/1.ts", 1, 1 },
	{ "another account in userinfo", "http://u:p@h/a.ts", "http://x:y@h/a.ts", 1, 1 },
	{ "another scheme", "http://h/a.ts", "https://h/a.ts", 1, 1 },
	{ "another host", "http://h/a/b.ts", "http://k:8080/a/b.ts", 0, 1 },
	{ "another token in the query", "http://h/a.ts?token=abc&x=1", "http://h/a.ts?token=d&x=1",
	    1, 1 },
	{ "another value that looks like a token", "http://h/a.ts?q=0123456789abcdef0123",
	    "http://h/a.ts?q=fedcba98765432100000", 1, 1 },
	{ "another channel in the query", "http://h/play?ch=1&token=a",
	    "http://h/play?ch=2&token=a", 0, 0 },
	{ "another account of Xtream", "http://h/live/u1/p1/55.ts", "http://h/live/u2/p2/55.ts", 0,
	    1 },
	{ "another form of Xtream", "http://h/live/u/p/55.ts", "http://h/live/u/p/55.m3u8", 0, 1 },
	{ "Xtream's short form", "http://h/u/p/55", "http://h:80/live/x/y/55.ts", 0, 1 },
	{ "another kind of Xtream", "http://h/movie/u/p/55.mkv", "http://h/live/u/p/55.ts", 0, 0 },
	{ "another number of Xtream", "http://h/live/u/p/55.ts", "http://h/live/u/p/56.ts", 0, 0 },
	{ "a token as part of the path", "http://h/live/4f9a0c77d1e2b3a4/bbc/1.m3u8",
	    "http://h/live/00aa11bb22cc33dd/bbc/1.m3u8", 0, 1 },
	{ "a token as the last part is a name", "http://h/stream/4f9a0c77d1e2b3a4",
	    "http://h/stream/00aa11bb22cc33dd", 0, 0 },
	{ "another channel in the path", "http://h/live/bbc/index.m3u8",
	    "http://h/live/cnn/index.m3u8", 0, 0 },
	{ "multicast", "udp://@239.0.0.1:1234", "udp://239.0.0.1:1234", 1, 1 },
	{ "another group", "rtp://@239.0.0.1:1234", "rtp://@239.0.0.2:1234", 0, 0 },
	{ "no path", "http://h:8001", "http://h:8001/", 0, 1 },
	{ "test cards", "testcard:?n=1", "testcard:?n=2", 0, 0 },
	{ "slashes alone", "http://h/a//b.ts", "http://h/a/b.ts", 0, 1 },
};

START_TEST(an_address_is_the_same_without_what_rotates)
{
	struct evidence a, b;

	identity_evidence(&a, urls[_i].a, "", "", "");
	identity_evidence(&b, urls[_i].b, "", "", "");
	ck_assert_msg((a.of[EVIDENCE_ADDRESS] == b.of[EVIDENCE_ADDRESS]) == urls[_i].same_address,
	    "%s: address", urls[_i].label);
	ck_assert_msg((a.of[EVIDENCE_PATH] == b.of[EVIDENCE_PATH]) == urls[_i].same_path,
	    "%s: path", urls[_i].label);
	ck_assert_int_eq(a.of[EVIDENCE_URL] == b.of[EVIDENCE_URL],
	    strcmp(urls[_i].a, urls[_i].b) == 0);
}
END_TEST

/* The evidence is kept in files: it must not change with a build or a machine. */
START_TEST(evidence_stays_as_it_is)
{
	struct evidence e;

	identity_evidence(&e, "http://u:p@h:80/live/a/b/5.ts?token=x&q=1", "cnn.us", "CNN", "News");
	ck_assert_uint_eq(e.of[EVIDENCE_URL], UINT64_C(0xf4e7241e387ca3f3));
	ck_assert_uint_eq(e.of[EVIDENCE_ADDRESS], UINT64_C(0x141cdecf63e0d32c));
	ck_assert_uint_eq(e.of[EVIDENCE_PATH], UINT64_C(0x8277f628f3602df1));
	ck_assert_uint_eq(e.of[EVIDENCE_GUIDE], UINT64_C(0x5f0693976f6bc594));
	identity_evidence(&e, "", "", "", "");
	ck_assert_uint_eq(e.of[EVIDENCE_GUIDE], 0);
}
END_TEST

#define MAX 6

struct item {
	const char *url, *tvg_id, *name, *group;
};

static const struct {
	const char *label;
	struct item known[MAX]; /* the first `gone` less than all are live */
	uint32_t known_count, gone;
	struct item entries[MAX];
	uint32_t entry_count;
	int want[MAX]; /* -1: new */
} matches[] = {
	{ "reordered", { { "http://h/1", "", "A", "" }, { "http://h/2", "", "B", "" } }, 2, 0,
	    { { "http://h/2", "", "B", "" }, { "http://h/1", "", "A", "" } }, 2, { 1, 0 } },
	{ "one guide id for three copies, on another host and account",
	    { { "http://h/live/u/p/1.ts", "cnn", "CNN HD", "N" },
		{ "http://h/live/u/p/2.ts", "cnn", "CNN SD", "N" },
		{ "http://h/live/u/p/3.ts", "cnn", "CNN", "N" } },
	    3, 0,
	    { { "http://k/live/x/y/3.ts", "cnn", "CNN", "N" },
		{ "http://k/live/x/y/2.ts", "cnn", "CNN SD", "N" },
		{ "http://k/live/x/y/1.ts", "cnn", "CNN HD", "N" } },
	    3, { 2, 1, 0 } },
	{ "renamed, with and without a guide id",
	    { { "http://h/1", "cnn", "CNN", "N" }, { "http://h/2", "", "Sport", "S" },
		{ "http://h/3", "x", "X", "S" } },
	    3, 0,
	    { { "http://h/1", "cnn", "CNN HD", "N" }, { "http://h/2", "", "Sport 1", "S" },
		{ "http://h/3", "x", "X", "S" } },
	    3, { 0, 1, 2 } },
	{ "one stream in two groups, its token rotated",
	    { { "http://h/1?token=a", "", "A", "News" }, { "http://h/1?token=a", "", "A", "UK" } },
	    2, 0,
	    { { "http://h/1?token=b", "", "A", "UK" }, { "http://h/1?token=b", "", "A", "News" } },
	    2, { 1, 0 } },
	{ "streams renumbered: names say what is what",
	    { { "http://h/live/u/p/1.ts", "", "A", "" }, { "http://h/live/u/p/2.ts", "", "B", "" },
		{ "http://h/live/u/p/3.ts", "", "C", "" },
		{ "http://h/live/u/p/4.ts", "", "D", "" } },
	    4, 0,
	    { { "http://h/live/u/p/1.ts", "", "B", "" }, { "http://h/live/u/p/2.ts", "", "C", "" },
		{ "http://h/live/u/p/3.ts", "", "D", "" },
		{ "http://h/live/u/p/4.ts", "", "E", "" } },
	    4, { 1, 2, 3, -1 } },
	{ "all renamed and no guide ids: the addresses say what is what",
	    { { "http://h/1", "", "A", "" }, { "http://h/2", "", "B", "" } }, 2, 0,
	    { { "http://h/1", "", "UK: A", "" }, { "http://h/2", "", "UK: B", "" } }, 2, { 0, 1 } },
	{ "names that wander between event channels",
	    { { "http://h/1", "", "No event", "P" }, { "http://h/2", "", "Fight", "P" },
		{ "http://h/3", "n", "News", "N" }, { "http://h/4", "m", "More", "N" } },
	    4, 0,
	    { { "http://h/1", "", "Fight", "P" }, { "http://h/2", "", "No event", "P" },
		{ "http://h/3", "n", "News", "N" }, { "http://h/4", "m", "More", "N" } },
	    4, { 0, 1, 2, 3 } },
	{ "one that comes back, and one that is new",
	    { { "http://h/1", "", "A", "" }, { "http://h/2", "", "B", "" } }, 2, 1,
	    { { "http://h/3", "", "C", "" }, { "http://h/2?token=z", "", "B", "" },
		{ "http://h/1", "", "A", "" } },
	    3, { -1, 1, 0 } },
	{ "a live one goes before a gone one",
	    { { "http://h/1", "", "A", "G" }, { "http://h/2", "", "A", "G" } }, 2, 1,
	    { { "http://h/3", "", "A", "G" } }, 1, { 0 } },
	{ "another address and another name, but the only one with its guide id",
	    { { "http://h/1", "a", "A", "" }, { "http://h/2", "b", "B", "" } }, 2, 0,
	    { { "http://k/x", "a", "Alpha", "" }, { "http://h/2", "b", "B", "" } }, 2, { 0, 1 } },
	{ "a new copy does not take what a shared guide id says",
	    { { "http://h/1", "a", "A", "" }, { "http://h/2", "a", "A SD", "" } }, 2, 0,
	    { { "http://h/1", "a", "A", "" }, { "http://h/9", "a", "A 4K", "" } }, 2, { 0, -1 } },
	{ "true doubles: the first is the first",
	    { { "http://h/1", "a", "A", "" }, { "http://h/1", "a", "A", "" } }, 2, 0,
	    { { "http://h/1", "a", "A", "" }, { "http://h/1", "a", "A", "" },
		{ "http://h/1", "a", "A", "" } },
	    3, { 0, 1, -1 } },
	{ "nothing known", { { NULL, NULL, NULL, NULL } }, 0, 0, { { "http://h/1", "", "A", "" } },
	    1, { -1 } },
};

START_TEST(knows_a_channel_again)
{
	struct evidence known[MAX], entries[MAX];
	struct identity_match m = { .entries = entries,
		.entry_count = matches[_i].entry_count,
		.known = known,
		.known_count = matches[_i].known_count,
		.known_live = matches[_i].known_count - matches[_i].gone };
	uint32_t got[MAX];

	for (uint32_t i = 0; i < MAX; i++) {
		const struct item *k = &matches[_i].known[i], *e = &matches[_i].entries[i];

		if (i < m.known_count)
			identity_evidence(&known[i], k->url, k->tvg_id, k->name, k->group);
		if (i < m.entry_count)
			identity_evidence(&entries[i], e->url, e->tvg_id, e->name, e->group);
	}
	ck_assert_int_eq(identity_match(&m, got), 0);
	for (uint32_t i = 0; i < m.entry_count; i++) {
		uint32_t want = matches[_i].want[i] < 0 ? IDENTITY_NEW
							: (uint32_t)matches[_i].want[i];

		ck_assert_msg(got[i] == want, "%s: entry %u is %u, not %u", matches[_i].label, i,
		    got[i], want);
	}
}
END_TEST

UNIT_MAIN("identity", UNIT_ROWS(an_address_is_the_same_without_what_rotates, ARRAY_LEN(urls)),
    UNIT_TEST(evidence_stays_as_it_is), UNIT_ROWS(knows_a_channel_again, ARRAY_LEN(matches)))
