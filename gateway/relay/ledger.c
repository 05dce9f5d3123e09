#include "gateway/relay/ledger.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct ledger {
	unsigned refs;
	unsigned limit, taken;
	unsigned long refusals;
	char name[];
};

struct ledger *
ledger_new(const char *name, unsigned limit)
{
	size_t len = strlen(name) + 1;
	struct ledger *ledger = calloc(1, sizeof(*ledger) + len);

	if (ledger == NULL)
		return NULL;
	ledger->refs = 1;
	ledger->limit = limit;
	memcpy(ledger->name, name, len);
	return ledger;
}

struct ledger *
ledger_ref(struct ledger *ledger)
{
	ledger->refs++;
	return ledger;
}

void
ledger_unref(struct ledger *ledger)
{
	if (ledger != NULL && --ledger->refs == 0)
		free(ledger);
}

void
ledger_set_limit(struct ledger *ledger, unsigned limit)
{
	ledger->limit = limit;
}

int
lease_take(struct lease *lease, struct ledger *ledger)
{
	assert(lease->ledger == NULL);
	if (ledger == NULL)
		return 0;
	if (ledger->limit != 0 && ledger->taken >= ledger->limit) {
		ledger->refusals++;
		return -EUSERS;
	}
	ledger->taken++;
	lease->ledger = ledger_ref(ledger);
	return 0;
}

void
lease_drop(struct lease *lease)
{
	if (lease->ledger == NULL)
		return;
	assert(lease->ledger->taken > 0);
	lease->ledger->taken--;
	ledger_unref(lease->ledger);
	lease->ledger = NULL;
}

const char *
ledger_name(const struct ledger *ledger)
{
	return ledger->name;
}

unsigned
ledger_limit(const struct ledger *ledger)
{
	return ledger->limit;
}

unsigned
ledger_taken(const struct ledger *ledger)
{
	return ledger->taken;
}

unsigned long
ledger_refusals(const struct ledger *ledger)
{
	return ledger->refusals;
}
