/*
 * Ledgers: how many connections an account allows, and who holds them. A lease
 * is taken before a socket is opened and given back when that socket is closed,
 * by the code that closes it, so that leases taken == sockets open at any time.
 */
#ifndef GATEWAY_RELAY_LEDGER_H
#define GATEWAY_RELAY_LEDGER_H

struct ledger;

/* limit 0: any number. The name is copied. NULL: no memory. */
struct ledger *ledger_new(const char *name, unsigned limit);
/* Ledgers are shared by the config and the open leases. */
struct ledger *ledger_ref(struct ledger *ledger);
void ledger_unref(struct ledger *ledger);
/* May fall below what is taken: nothing is cut, nothing new is given. */
void ledger_set_limit(struct ledger *ledger, unsigned limit);

/* One lease in the holder's struct; {NULL} is none. */
struct lease {
	struct ledger *ledger;
};
/* 0, or -EUSERS when all are taken. NULL ledger: always 0 and no lease. */
int lease_take(struct lease *lease, struct ledger *ledger);
/* Gives it back; {NULL}: no-op. */
void lease_drop(struct lease *lease);

const char *ledger_name(const struct ledger *ledger);
unsigned ledger_limit(const struct ledger *ledger);
unsigned ledger_taken(const struct ledger *ledger);
unsigned long ledger_refusals(const struct ledger *ledger);

#endif
