#include "gateway/relay/upstream.h"

#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "base/url.h"
#include "gateway/relay/relay.h"
#include "gateway/relay/upstream_kind.h"

static const struct upstream_ops *
ops_for(const struct upstream_host *host, const char *url)
{
	if (url_has_scheme(url, "http") || url_has_scheme(url, "https"))
		return &upstream_http;
	if (url_has_scheme(url, "file"))
		return &upstream_file;
	return host->pipes != NULL ? &upstream_pipe : NULL;
}

struct upstream *
upstream_open(const struct upstream_host *host, const struct relay_source *source,
    const struct upstream_events *events, void *arg, enum upstream_fault *fault, struct err *err)
{
	const struct upstream_ops *ops = ops_for(host, source->url);
	struct lease lease = { NULL };
	struct upstream *u;

	if (ops == NULL) {
		*fault = UPSTREAM_GONE;
		err_set(err, EPROTONOSUPPORT, "'%.*s:' addresses cannot be opened",
		    (int)strcspn(source->url, ":"), source->url);
		return NULL;
	}
	if (lease_take(&lease, source->account) < 0) {
		*fault = UPSTREAM_NO_LEASE;
		err_set(err, EUSERS, "all %u connections of '%s' are in use",
		    ledger_limit(source->account), ledger_name(source->account));
		return NULL;
	}
	u = ops->create();
	if (u == NULL) {
		lease_drop(&lease);
		*fault = UPSTREAM_LOCAL;
		err_set(err, ENOMEM, "no memory for an upstream");
		return NULL;
	}
	u->ops = ops;
	u->host = host;
	u->events = events;
	u->arg = arg;
	u->lease = lease;
	if (ops->start(u, source, fault, err) < 0) {
		ops->close(u);
		return NULL;
	}
	return u;
}

void
upstream_settle(struct upstream *u)
{
	if (u->ops->settle != NULL)
		u->ops->settle(u);
}

void
upstream_close(struct upstream *u)
{
	if (u != NULL)
		u->ops->close(u);
}
