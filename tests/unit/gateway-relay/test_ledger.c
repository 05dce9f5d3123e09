#include "gateway/relay/ledger.h"

#include <errno.h>

#include "unit.h"

START_TEST(gives_as_many_leases_as_the_limit_says)
{
	struct ledger *ledger = ledger_new("acme", 2);
	struct lease a = { NULL }, b = { NULL }, c = { NULL };

	ck_assert_str_eq(ledger_name(ledger), "acme");
	ck_assert_int_eq(lease_take(&a, ledger), 0);
	ck_assert_int_eq(lease_take(&b, ledger), 0);
	ck_assert_int_eq(lease_take(&c, ledger), -EUSERS);
	ck_assert_uint_eq(ledger_refusals(ledger), 1);
	ck_assert_uint_eq(ledger_taken(ledger), 2);
	lease_drop(&a);
	lease_drop(&a); /* none: no-op */
	ck_assert_uint_eq(ledger_taken(ledger), 1);
	ck_assert_int_eq(lease_take(&c, ledger), 0);
	lease_drop(&b);
	lease_drop(&c);
	ledger_unref(ledger);
}
END_TEST

START_TEST(a_lower_limit_cuts_nobody_and_gives_nothing_new)
{
	struct ledger *ledger = ledger_new("acme", 2);
	struct lease a = { NULL }, b = { NULL }, c = { NULL };

	lease_take(&a, ledger);
	lease_take(&b, ledger);
	ledger_set_limit(ledger, 1);
	ck_assert_uint_eq(ledger_limit(ledger), 1);
	ck_assert_uint_eq(ledger_taken(ledger), 2);
	lease_drop(&a);
	ck_assert_int_eq(lease_take(&c, ledger), -EUSERS);
	lease_drop(&b);
	ck_assert_int_eq(lease_take(&c, ledger), 0);
	lease_drop(&c);
	ledger_unref(ledger);
}
END_TEST

START_TEST(without_a_limit_or_a_ledger_there_is_always_a_lease)
{
	struct ledger *ledger = ledger_new("acme", 0);
	struct lease leases[100] = { { NULL } }, none = { NULL };

	for (size_t i = 0; i < ARRAY_LEN(leases); i++)
		ck_assert_int_eq(lease_take(&leases[i], ledger), 0);
	ck_assert_uint_eq(ledger_taken(ledger), 100);
	for (size_t i = 0; i < ARRAY_LEN(leases); i++)
		lease_drop(&leases[i]);
	ck_assert_int_eq(lease_take(&none, NULL), 0);
	ck_assert_ptr_null(none.ledger);
	lease_drop(&none);
	ledger_unref(ledger);
}
END_TEST

START_TEST(an_open_lease_outlives_the_config_that_named_it)
{
	struct ledger *ledger = ledger_new("acme", 1);
	struct lease lease = { NULL };

	lease_take(&lease, ledger);
	ledger_unref(ledger);
	ck_assert_uint_eq(ledger_taken(lease.ledger), 1);
	lease_drop(&lease); /* frees it: a sanitizer would see the rest */
}
END_TEST

UNIT_MAIN("ledger", UNIT_TEST(gives_as_many_leases_as_the_limit_says),
    UNIT_TEST(a_lower_limit_cuts_nobody_and_gives_nothing_new),
    UNIT_TEST(without_a_limit_or_a_ledger_there_is_always_a_lease),
    UNIT_TEST(an_open_lease_outlives_the_config_that_named_it))
