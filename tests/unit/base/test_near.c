#include "base/near.h"

#include <string.h>

#include "unit.h"

static const char *const names[] = { "listen", "log", "playlists", "guides", "devices", "relay" };

static const struct {
	const char *word, *best;
} rows[] = {
	{ "listn", "listen" },    /* one left out */
	{ "lsiten", "listen" },   /* two exchanged */
	{ "listenn", "listen" },  /* one too many */
	{ "devises", "devices" }, /* one wrong */
	{ "PLAYLISTS", "playlists" },
	{ "playlist", "playlists" },
	{ "lgo", "log" },
	{ "replay", "relay" },
	{ "log", "log" },
	{ "x", NULL },
	{ "ab", NULL },
	{ "", NULL },
	{ "xtream", NULL },
	{ "password", NULL },
	{ "0123456789012345678901234567890123456789012345678901234567890123456789", NULL },
};

START_TEST(finds_what_was_meant)
{
	struct near near;

	near_init(&near, rows[_i].word);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		near_try(&near, names[i]);
	if (rows[_i].best == NULL)
		ck_assert_msg(near.best == NULL, "%s: %s", rows[_i].word, near.best);
	else
		ck_assert_pstr_eq(near.best, rows[_i].best);
}
END_TEST

START_TEST(the_nearest_wins_whatever_the_order)
{
	struct near near;

	near_init(&near, "relayed");
	near_try(&near, "delayed");
	near_try(&near, "relay");
	ck_assert_str_eq(near.best, "delayed");
	near_init(&near, "relayed");
	near_try(&near, "relay");
	near_try(&near, "delayed");
	ck_assert_str_eq(near.best, "delayed");
}
END_TEST

UNIT_MAIN("near", UNIT_ROWS(finds_what_was_meant, ARRAY_LEN(rows)),
    UNIT_TEST(the_nearest_wins_whatever_the_order))
