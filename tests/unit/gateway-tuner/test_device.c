#include "gateway/tuner/device.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "gateway/store.h"
#include "gateway/tuner/identity.h"
#include "unit.h"

/* protocols.md §1.4: real devices, and what emulators get wrong. */
static const struct {
	uint32_t id;
	_Bool valid;
} ids[] = {
	{ 0x10439efd, 1 },
	{ 0x124205a5, 1 },
	{ 0x105404be, 1 },
	{ 0x10af6f4b, 1 },
	{ 0x12345674, 1 },
	{ 0xb0ad0008, 1 },
	{ 0x1100000e, 1 },
	{ 0x12345678, 0 },
	{ 0xb0ad0001, 0 },
	{ 0x11000000, 0 },
};

START_TEST(the_checksum_tells_real_ids)
{
	char text[9];
	uint32_t back;

	ck_assert_int_eq(identity_is_valid(ids[_i].id), ids[_i].valid);
	identity_text(ids[_i].id, text);
	ck_assert_int_eq(identity_parse(text, &back), ids[_i].valid);
	ck_assert(!ids[_i].valid || back == ids[_i].id);
}
END_TEST

START_TEST(every_made_id_is_valid_and_not_legacy)
{
	for (uint32_t bits = 0; bits < 2000000; bits += 97) {
		uint32_t id = identity_make(bits * 2654435761u);

		ck_assert(identity_is_valid(id));
		ck_assert_uint_eq(id >> 20, 0x10a);
	}
}
END_TEST

START_TEST(text_that_is_not_an_id_is_refused)
{
	static const char *const bad[] = { "", "1234567", "123456740", "1234567g", "0x123456",
		" 1234567", "12345678" };
	uint32_t id;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		ck_assert_msg(!identity_parse(bad[i], &id), "%s", bad[i]);
}
END_TEST

static struct device *
make(unsigned tuners)
{
	struct err err = ERR_INIT;
	struct device *d = device_new(0, "Test", tuners, "10AF6F4B", NULL, &err);

	ck_assert_msg(d != NULL, "%s", err.text);
	return d;
}

static int
take(struct device *d, int wanted, uint64_t channel)
{
	struct device_tuner what = { .channel = channel };

	snprintf(what.number, sizeof(what.number), "%d", (int)channel);
	return device_take(d, wanted, &what);
}

START_TEST(tuners_are_taken_shared_and_given_back)
{
	struct device *d = make(2);

	ck_assert_int_eq(take(d, DEVICE_ANY_TUNER, 1), 0);
	ck_assert_int_eq(take(d, DEVICE_ANY_TUNER, 2), 1);
	ck_assert_int_eq(take(d, DEVICE_ANY_TUNER, 3), -EBUSY);
	ck_assert_int_eq(take(d, DEVICE_ANY_TUNER, 1), 0);
	ck_assert_int_eq(take(d, 1, 1), -EBUSY);
	ck_assert_int_eq(take(d, 1, 2), 1);
	ck_assert_int_eq(take(d, 2, 1), -ENOENT);
	ck_assert_uint_eq(device_busy(d), 2);
	device_drop(d, 0);
	ck_assert_uint_eq(device_tuner(d, 0)->holds, 1);
	device_drop(d, 0);
	ck_assert_uint_eq(device_busy(d), 1);
	ck_assert_str_eq(device_tuner(d, 0)->number, "");
	ck_assert_int_eq(take(d, DEVICE_ANY_TUNER, 3), 0);
	device_drop(d, 0);
	device_drop(d, 1);
	device_drop(d, 1);
	device_unref(d);
}
END_TEST

START_TEST(a_smaller_count_takes_nothing_away)
{
	struct device *d = make(3);

	ck_assert_int_eq(take(d, 2, 7), 2);
	device_configure(d, "Renamed", 1);
	ck_assert_int_eq(take(d, DEVICE_ANY_TUNER, 7), 2);
	ck_assert_int_eq(take(d, DEVICE_ANY_TUNER, 8), 0);
	ck_assert_int_eq(take(d, DEVICE_ANY_TUNER, 9), -EBUSY);
	device_unref(d); /* the holds keep it */
	device_drop(d, 2);
	device_drop(d, 2);
	device_drop(d, 0);
}
END_TEST

START_TEST(the_id_is_made_once_and_stays)
{
	char path[] = "/tmp/masthead-store-XXXXXX";
	int fd = mkstemp(path);
	char first[9];

	ck_assert_int_ge(fd, 0);
	close(fd);
	for (int life = 0; life < 3; life++) {
		struct err err = ERR_INIT;
		struct store *store = store_open(path, &err);
		struct device *d, *other;

		ck_assert_msg(store != NULL, "%s", err.text);
		d = device_new(0, "A", 4u + (unsigned)life, NULL, store, &err);
		ck_assert_msg(d != NULL, "%s", err.text);
		other = device_new(1, "B", 4, NULL, store, &err);
		ck_assert_msg(other != NULL, "%s", err.text);
		if (life == 0)
			memcpy(first, device_id_text(d), sizeof(first));
		ck_assert_str_eq(device_id_text(d), first);
		ck_assert_str_ne(device_id_text(other), first);
		device_unref(d);
		device_unref(other);
		store_close(store);
	}
	unlink(path);
}
END_TEST

UNIT_MAIN("device", UNIT_ROWS(the_checksum_tells_real_ids, ARRAY_LEN(ids)),
    UNIT_TEST(every_made_id_is_valid_and_not_legacy), UNIT_TEST(text_that_is_not_an_id_is_refused),
    UNIT_TEST(tuners_are_taken_shared_and_given_back),
    UNIT_TEST(a_smaller_count_takes_nothing_away), UNIT_TEST(the_id_is_made_once_and_stays))
