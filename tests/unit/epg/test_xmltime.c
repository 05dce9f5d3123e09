#include "epg/xmltime.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "unit.h"

static const struct xmltime_rules plain, zoned = { .zoned = 1 },
					 ignoring = { .zoned = 1, .ignore_offsets = 1 };

/* Reads `text` and gives it as UTC, or "none". */
static const char *
utc_of(const char *text, const struct xmltime_rules *rules)
{
	static char out[XMLTIME_SIZE];
	/* Exactly as long as the text: what lies behind it is not read. */
	size_t len = strlen(text);
	char *copy = malloc(len == 0 ? 1 : len);
	int64_t when = 0;
	int rc;

	memcpy(copy, text, len);
	rc = xmltime_parse(copy, len, rules, &when);
	free(copy);
	if (rc < 0) {
		ck_assert_int_eq(rc, -EINVAL);
		return "none";
	}
	xmltime_format(when, out);
	return out;
}

static const struct {
	const char *text, *utc;
} times[] = {
	/* as many digits as there are */
	{ "20240101120000 +0000", "20240101120000 +0000" },
	{ "20240101120000", "20240101120000 +0000" },
	{ "202401011200", "20240101120000 +0000" },
	{ "2024010112", "20240101120000 +0000" },
	{ "20240102", "20240102000000 +0000" },
	{ "202402", "20240201000000 +0000" },
	{ "2024", "20240101000000 +0000" },
	{ "202401011200 +0100", "20240101110000 +0000" },
	{ "20240102 +0100", "20240101230000 +0000" },
	{ " 20240101120000 +0000 ", "20240101120000 +0000" },
	{ "\t20240101120000\r\n", "20240101120000 +0000" },

	/* offsets */
	{ "20240101120000 +0100", "20240101110000 +0000" },
	{ "20240101120000 -0500", "20240101170000 +0000" },
	{ "20240101120000+0100", "20240101110000 +0000" },
	{ "20240101120000-0330", "20240101153000 +0000" },
	{ "20240101120000 +1", "20240101110000 +0000" },
	{ "20240101120000 +01", "20240101110000 +0000" },
	{ "20240101120000 -10", "20240101220000 +0000" },
	{ "20240101120000 +130", "20240101103000 +0000" },
	{ "20240101120000 +05:45", "20240101061500 +0000" },
	{ "20240101120000 +5:45", "20240101061500 +0000" },
	{ "20240101120000  +0100", "20240101110000 +0000" },
	{ "20240101000000 +1400", "20231231100000 +0000" },
	{ "20240101000000 -1200", "20240101120000 +0000" },
	{ "20240101120000 +0000 UTC", "20240101120000 +0000" },
	{ "20240101120000 +0100 CET", "20240101110000 +0000" },

	/* named zones */
	{ "20240101120000Z", "20240101120000 +0000" },
	{ "20240101120000 Z", "20240101120000 +0000" },
	{ "20240101120000 UTC", "20240101120000 +0000" },
	{ "20240101120000 GMT", "20240101120000 +0000" },
	{ "20240601120000 BST", "20240601110000 +0000" },
	{ "20240601120000 bst", "20240601110000 +0000" },
	{ "20240101120000 CET", "20240101110000 +0000" },
	{ "20240601120000 CEST", "20240601100000 +0000" },
	{ "20240601120000 MEST", "20240601100000 +0000" },
	{ "20240101120000 EET", "20240101100000 +0000" },
	{ "20240101120000 MSK", "20240101090000 +0000" },
	{ "20240101120000 EST", "20240101170000 +0000" },
	{ "20240601120000 EDT", "20240601160000 +0000" },
	{ "20240101120000 CST", "20240101180000 +0000" },
	{ "20240101120000 PST", "20240101200000 +0000" },
	{ "20240601120000 PDT", "20240601190000 +0000" },
	{ "20240101120000 NST", "20240101153000 +0000" },
	{ "20240101120000 AEDT", "20240101010000 +0000" },
	{ "20240101120000 NZDT", "20231231230000 +0000" },
	{ "20240101120000 JST", "20240101030000 +0000" },
	{ "20240101120000 GMT+1", "20240101110000 +0000" },
	{ "20240101120000 UTC-05:00", "20240101170000 +0000" },
	{ "20240101120000EST", "20240101170000 +0000" },

	/* as ISO 8601 has it */
	{ "2024-01-01T12:00:00+01:00", "20240101110000 +0000" },
	{ "2024-01-01T12:00:00Z", "20240101120000 +0000" },
	{ "2024-01-01T12:00:00.000Z", "20240101120000 +0000" },
	{ "2024-01-01T12:00:00", "20240101120000 +0000" },
	{ "2024-01-01 12:00:00 +0100", "20240101110000 +0000" },
	{ "2024-01-01 12:00", "20240101120000 +0000" },
	{ "2024-01-01", "20240101000000 +0000" },
	{ "2024-01-01 +0100", "20231231230000 +0000" },
	{ "20240101T120000Z", "20240101120000 +0000" },
	{ "20240101T1200+0100", "20240101110000 +0000" },
	{ "20240101 120000 +0100", "20240101110000 +0000" },
	{ "20240101120000.5 +0100", "20240101110000 +0000" },

	/* the ends of days, months, years and ages */
	{ "20240101240000 +0000", "20240102000000 +0000" },
	{ "20231231240000", "20240101000000 +0000" },
	{ "202402292400 -0100", "20240301010000 +0000" },
	{ "20240101120060", "20240101120100 +0000" },
	{ "20161231235960 +0000", "20170101000000 +0000" },
	{ "20240229120000", "20240229120000 +0000" },
	{ "20000229120000", "20000229120000 +0000" },
	{ "20240301000000 +0100", "20240229230000 +0000" },
	{ "20230301000000 +0100", "20230228230000 +0000" },
	{ "19700101000000", "19700101000000 +0000" },
	{ "21051231235959 +0000", "21051231235959 +0000" },
	{ "20380119031408", "20380119031408 +0000" },

	/* nonsense */
	{ "", "none" },
	{ " ", "none" },
	{ "now", "none" },
	{ "0", "none" },
	{ "202", "none" },
	{ "20240", "none" },
	{ "2024010", "none" },
	{ "20240101120", "none" },
	{ "2024010112000", "none" },
	{ "202401011200000", "none" },
	{ "20240101120000000", "none" },
	{ "1704110400", "none" }, /* seconds since 1970 */
	{ "20241301000000", "none" },
	{ "20240001000000", "none" },
	{ "20240100000000", "none" },
	{ "20240132000000", "none" },
	{ "20230229000000", "none" },
	{ "21000229000000", "none" },
	{ "20240431000000", "none" },
	{ "20240101250000", "none" },
	{ "20240101240001", "none" },
	{ "20240101243000", "none" },
	{ "20240101126000", "none" },
	{ "20240101120061", "none" },
	{ "19691231235959", "none" },
	{ "19700101000000 +0100", "none" },
	{ "21060101000000", "none" },
	{ "21051231235959 -0100", "none" },
	{ "00000000000000", "none" },
	{ "20240101120000 +", "none" },
	{ "20240101120000 +x", "none" },
	{ "20240101120000 +0160", "none" },
	{ "20240101120000 +1500", "none" },
	{ "20240101120000 +1401", "none" },
	{ "20240101120000 +00000", "none" },
	{ "20240101120000 +01:0", "none" },
	{ "20240101120000 +0100 +0100", "none" },
	{ "20240101120000 UTC 01", "none" },
	{ "20240101120000 UTC +", "none" },
	{ "20240101120000 CET+1", "none" },
	{ "20240101120000 XYZ", "none" },
	{ "20240101120000 B", "none" },
	{ "20240101120000 \xc2\xb1", "none" },
	{ "2024-1-1", "none" },
	{ "2024-01-01T", "none" },
	{ "2024-01-01T1", "none" },
	{ "2024-01-01T12:00:", "none" },
	{ "2024-01-01-12", "20240101120000 +0000" },
	{ "+20240101120000", "none" },
	{ "-20240101120000", "none" },
};

START_TEST(reads_a_time_or_says_that_it_is_none)
{
	for (size_t i = 0; i < ARRAY_LEN(times); i++)
		ck_assert_msg(strcmp(utc_of(times[i].text, &plain), times[i].utc) == 0,
		    "'%s': %s, not %s", times[i].text, utc_of(times[i].text, &plain), times[i].utc);
}
END_TEST

static const struct {
	const char *zone, *text, *utc;
} local[] = {
	/* Forward at 1:00 UTC: 1:00 to 2:00 is not shown. Back at 1:00 UTC: it is twice. */
	{ "Europe/London", "20240101120000", "20240101120000 +0000" },
	{ "Europe/London", "20240701120000", "20240701110000 +0000" },
	{ "Europe/London", "20240331005959", "20240331005959 +0000" },
	{ "Europe/London", "20240331010000", "20240331010000 +0000" },
	{ "Europe/London", "20240331013000", "20240331013000 +0000" },
	{ "Europe/London", "20240331020000", "20240331010000 +0000" },
	{ "Europe/London", "20240331033000", "20240331023000 +0000" },
	{ "Europe/London", "20240330235959", "20240330235959 +0000" },
	{ "Europe/London", "20240401000000", "20240331230000 +0000" },
	{ "Europe/London", "20241027003000", "20241026233000 +0000" },
	{ "Europe/London", "20241027010000", "20241027000000 +0000" },
	{ "Europe/London", "20241027013000", "20241027003000 +0000" },
	{ "Europe/London", "20241027015959", "20241027005959 +0000" },
	{ "Europe/London", "20241027020000", "20241027020000 +0000" },
	{ "Europe/London", "20241027240000", "20241028000000 +0000" },
	/* An offset is an offset, also a wrong one. */
	{ "Europe/London", "20240701120000 +0000", "20240701120000 +0000" },
	{ "Europe/London", "20240701120000 BST", "20240701110000 +0000" },

	/* 2:00 EST is 3:00 EDT; 2:00 EDT is 1:00 EST. */
	{ "America/New_York", "20240115200000", "20240116010000 +0000" },
	{ "America/New_York", "20240310015959", "20240310065959 +0000" },
	{ "America/New_York", "20240310020000", "20240310070000 +0000" },
	{ "America/New_York", "20240310023000", "20240310073000 +0000" },
	{ "America/New_York", "20240310030000", "20240310070000 +0000" },
	{ "America/New_York", "20240310233000", "20240311033000 +0000" },
	{ "America/New_York", "20241103003000", "20241103043000 +0000" },
	{ "America/New_York", "20241103010000", "20241103050000 +0000" },
	{ "America/New_York", "20241103013000", "20241103053000 +0000" },
	{ "America/New_York", "20241103020000", "20241103070000 +0000" },
	{ "America/New_York", "20241103233000", "20241104043000 +0000" },

	/* South of the equator: back in April, forward in October. */
	{ "Australia/Sydney", "20240115120000", "20240115010000 +0000" },
	{ "Australia/Sydney", "20240715120000", "20240715020000 +0000" },
	{ "Australia/Sydney", "20240407023000", "20240406153000 +0000" },
	{ "Australia/Sydney", "20240407030000", "20240406170000 +0000" },
	{ "Australia/Sydney", "20241006013000", "20241005153000 +0000" },
	{ "Australia/Sydney", "20241006023000", "20241005163000 +0000" },
	{ "Australia/Sydney", "20241006030000", "20241005160000 +0000" },

	/* Half an hour of change, and a zone without any. */
	{ "Australia/Lord_Howe", "20241006021500", "20241005154500 +0000" },
	{ "Asia/Kathmandu", "20240101000000", "20231231181500 +0000" },
	{ "UTC", "20240331013000", "20240331013000 +0000" },
	{ "Pacific/Kiritimati", "20240101000000", "20231231100000 +0000" },
	{ "Pacific/Kiritimati", "19700101000000", "19700101104000 +0000" },
};

START_TEST(reads_local_times_through_clock_changes)
{
	struct err err = ERR_INIT;

	if (access("/usr/share/zoneinfo/Europe/London", R_OK) != 0)
		return;
	ck_assert_msg(xmltime_set_zone(local[_i].zone, &err) == 0, "%s", err.text);
	/* A second time from what is remembered of the day. */
	for (int again = 0; again < 2; again++)
		ck_assert_msg(strcmp(utc_of(local[_i].text, &zoned), local[_i].utc) == 0,
		    "%s %s: %s, not %s", local[_i].zone, local[_i].text,
		    utc_of(local[_i].text, &zoned), local[_i].utc);
}
END_TEST

START_TEST(ignores_offsets_when_told_to)
{
	static const char *const forms[] = { "20240701120000 +0000", "20240701120000 -0500",
		"20240701120000 EST", "20240701120000Z", "20240701120000" };

	if (access("/usr/share/zoneinfo/Europe/London", R_OK) != 0)
		return;
	ck_assert_int_eq(xmltime_set_zone("Europe/London", NULL), 0);
	for (size_t i = 0; i < ARRAY_LEN(forms); i++)
		ck_assert_str_eq(utc_of(forms[i], &ignoring), "20240701110000 +0000");
	/* Without a zone they are in UTC. */
	for (size_t i = 0; i < ARRAY_LEN(forms); i++)
		ck_assert_str_eq(utc_of(forms[i], &(struct xmltime_rules){ .ignore_offsets = 1 }),
		    "20240701120000 +0000");
	ck_assert_str_eq(utc_of("20240701120000 rubbish", &ignoring), "none");
}
END_TEST

/* The hour of New York that comes once more in 2024. */
static _Bool
is_first(time_t t)
{
	return t >= 1730610000 && t < 1730613600;
}

START_TEST(knows_each_hour_of_a_year_in_a_zone)
{
	if (access("/usr/share/zoneinfo/America/New_York", R_OK) != 0)
		return;
	ck_assert_int_eq(xmltime_set_zone("America/New_York", NULL), 0);
	/* Back from what the system's clock shows; but an hour that comes twice is the first. */
	for (time_t t = 1704067200, twice = 0; t < 1704067200 + 366 * 86400; t += 900) {
		char text[20];
		struct tm tm;
		int64_t when;

		localtime_r(&t, &tm);
		strftime(text, sizeof(text), "%Y%m%d%H%M%S", &tm);
		ck_assert_int_eq(xmltime_parse(text, 14, &zoned, &when), 1);
		if (when == t - 3600) {
			twice++;
			ck_assert_int_eq(xmltime_again(when), t);
		} else {
			ck_assert_int_eq(when, t);
		}
		ck_assert_int_eq(xmltime_again(t), t + 3600 * is_first(t));
		ck_assert_int_le(twice, 4);
	}
}
END_TEST

static const struct {
	const char *name, *error;
} bad_zones[] = {
	{ "Mars/Olympus", "there is no time zone 'Mars/Olympus' here (Debian package tzdata)" },
	{ "", "'' is no time zone's name" },
	{ "/etc/passwd", "'/etc/passwd' is no time zone's name" },
	{ "../../../etc/passwd", "'../../../etc/passwd' is no time zone's name" },
	{ "Europe", "there is no time zone 'Europe' here (Debian package tzdata)" },
	{ "tzdata.zi", "'tzdata.zi' is no time zone's name" },
};

START_TEST(refuses_a_zone_that_is_not_there)
{
	struct err err = ERR_INIT;

	ck_assert_int_eq(xmltime_set_zone(bad_zones[_i].name, &err), -EINVAL);
	ck_assert_str_eq(err.text, bad_zones[_i].error);
}
END_TEST

START_TEST(formats_what_it_reads)
{
	/* Through all of the days, at all hours. */
	for (int64_t when = 0; when < INT64_C(4291747200); when += 86399) {
		char text[XMLTIME_SIZE];
		time_t t = (time_t)when;
		char expected[64];
		struct tm tm;
		int64_t back;

		xmltime_format(when, text);
		gmtime_r(&t, &tm);
		strftime(expected, sizeof(expected), "%Y%m%d%H%M%S +0000", &tm);
		ck_assert_str_eq(text, expected);
		ck_assert_int_eq(xmltime_parse(text, strlen(text), &plain, &back), 0);
		ck_assert_int_eq(back, when);
	}
}
END_TEST

UNIT_MAIN("xmltime", UNIT_TEST(reads_a_time_or_says_that_it_is_none),
    UNIT_ROWS(reads_local_times_through_clock_changes, ARRAY_LEN(local)),
    UNIT_TEST(ignores_offsets_when_told_to), UNIT_TEST(knows_each_hour_of_a_year_in_a_zone),
    UNIT_ROWS(refuses_a_zone_that_is_not_there, ARRAY_LEN(bad_zones)),
    UNIT_TEST(formats_what_it_reads))
