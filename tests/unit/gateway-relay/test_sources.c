#include "gateway/relay/sources.h"

#include <stdio.h>

#include "gateway/relay/cooldown.h"
#include "gateway/relay/ledger.h"
#include "unit.h"

static const struct relay_source three[] = { { .url = "http://a/1", .label = "a" },
	{ .url = "http://b/1", .label = "b" }, { .url = "http://c/1" } };

START_TEST(a_round_tries_each_source_once)
{
	struct sources s = { .count = 0 };

	ck_assert_int_eq(sources_set(&s, three, 3), 0);
	ck_assert_str_eq(sources_use(&s)->label, "a");
	ck_assert(sources_next(&s));
	ck_assert_str_eq(sources_use(&s)->label, "b");
	ck_assert(sources_next(&s));
	ck_assert_str_eq(sources_use(&s)->label, "");
	ck_assert(!sources_next(&s)); /* over: the best again */
	ck_assert_str_eq(sources_use(&s)->label, "a");
	ck_assert(sources_next(&s));
	ck_assert(!sources_restart(&s, 1)); /* b ran well */
	ck_assert_str_eq(sources_use(&s)->label, "b");
	ck_assert(sources_next(&s) && sources_next(&s) && !sources_next(&s));
	ck_assert(sources_next(&s) && sources_next(&s));
	ck_assert(sources_restart(&s, 0)); /* c stalled */
	ck_assert_str_eq(sources_use(&s)->label, "a");
	sources_release(&s);
	sources_set(&s, three, 1);
	sources_use(&s);
	ck_assert(!sources_restart(&s, 0)); /* there is no other */
	ck_assert(!sources_next(&s));
	sources_release(&s);
}
END_TEST

START_TEST(pauses_grow_to_a_limit_and_are_never_all_the_same)
{
	struct sources s = { .count = 0 };
	uint64_t most = SOURCES_PAUSE_MIN_MS, first, same = 0;

	sources_set(&s, three, 1);
	for (int i = 0; i < 12; i++) {
		uint64_t pause = sources_pause(&s);

		ck_assert_uint_le(pause, most);
		ck_assert_uint_ge(pause, most - most / 4);
		most = most * 2 < SOURCES_PAUSE_MAX_MS ? most * 2 : SOURCES_PAUSE_MAX_MS;
	}
	first = sources_pause(&s);
	for (int i = 0; i < 20; i++)
		same += sources_pause(&s) == first;
	ck_assert_uint_lt(same, 20);
	sources_use(&s);
	sources_restart(&s, 1);
	ck_assert_uint_le(sources_pause(&s), SOURCES_PAUSE_MIN_MS);
	sources_release(&s);
}
END_TEST

START_TEST(a_new_list_keeps_the_source_in_use_and_holds_its_accounts)
{
	struct ledger *ledger = ledger_new("acme", 1);
	const struct relay_source two[] = { { .url = "http://z/1",
						.label = "z",
						.account = ledger,
						.user_agent = "VLC",
						.headers = "A: b\n",
						.proxy = "http://p" },
		{ .url = "http://b/1", .label = "new b", .account = ledger } };
	struct sources s = { .count = 0 };

	sources_set(&s, three, 3);
	sources_use(&s);
	sources_next(&s);
	ck_assert_str_eq(sources_use(&s)->label, "b");
	ck_assert_int_eq(sources_set(&s, two, 2), 0);
	ledger_unref(ledger);
	ck_assert(!sources_restart(&s, 1));
	ck_assert_str_eq(sources_use(&s)->label, "new b");
	ck_assert_str_eq(ledger_name(sources_use(&s)->account), "acme");
	/* And one that the new list does not have makes way for the best of it. */
	ck_assert_int_eq(sources_set(&s, two, 1), 0);
	ck_assert_int_eq(sources_set(&s, three, 3), 0);
	ck_assert(sources_restart(&s, 1));
	ck_assert_str_eq(sources_use(&s)->label, "a");
	ck_assert(sources_next(&s) && sources_next(&s) && !sources_next(&s));
	sources_release(&s);
}
END_TEST

START_TEST(a_refused_address_rests_and_others_do_not)
{
	struct cooldown *c = calloc(1, sizeof(*c));
	uint64_t a = cooldown_key("http://a"), b = cooldown_key("http://b");
	char url[20];

	ck_assert_uint_eq(cooldown_left(c, a, 1000), 0);
	cooldown_add(c, a, 1000);
	ck_assert_uint_eq(cooldown_left(c, a, 1000), COOLDOWN_MS);
	ck_assert_uint_eq(cooldown_left(c, b, 1000), 0);
	ck_assert_uint_eq(cooldown_left(c, a, 1000 + COOLDOWN_MS), 0);
	cooldown_add(c, a, 5000);
	ck_assert_uint_eq(cooldown_left(c, a, 6000), COOLDOWN_MS - 1000);
	for (int i = 0; i < COOLDOWN_PLACES; i++) { /* the oldest gives way */
		snprintf(url, sizeof(url), "http://%d", i);
		cooldown_add(c, cooldown_key(url), 7000);
	}
	ck_assert_uint_eq(cooldown_left(c, a, 7000), 0);
	ck_assert_uint_gt(cooldown_left(c, cooldown_key("http://0"), 7000), 0);
	free(c);
}
END_TEST

UNIT_MAIN("sources", UNIT_TEST(a_round_tries_each_source_once),
    UNIT_TEST(pauses_grow_to_a_limit_and_are_never_all_the_same),
    UNIT_TEST(a_new_list_keeps_the_source_in_use_and_holds_its_accounts),
    UNIT_TEST(a_refused_address_rests_and_others_do_not))
