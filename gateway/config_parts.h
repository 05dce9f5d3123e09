/*
 * What the files of gateway/config share, and nobody else uses.
 */
#ifndef GATEWAY_CONFIG_PARTS_H
#define GATEWAY_CONFIG_PARTS_H

#include "base/opt.h"

struct buf;
struct config;
struct err;

/* The table of `struct config`. */
extern const struct opt config_rows[];

/* The checks of its texts: 0, or -EINVAL with *err saying what is wrong and what is expected. */
int config_check_listen(const char *text, struct err *err);
int config_check_public_url(const char *text, struct err *err);
int config_check_source_url(const char *text, struct err *err);
int config_check_proxy(const char *text, struct err *err);
int config_check_header(const char *text, struct err *err);
int config_check_name(const char *text, struct err *err);
int config_check_device_id(const char *text, struct err *err);
int config_check_refresh(const char *text, struct err *err);
int config_check_timeshift(const char *text, struct err *err);
int config_check_zone(const char *text, struct err *err);
int config_check_rule(const char *text, struct err *err);

/* Fills in what `refresh` and `timeshift` say, where they passed their checks. */
void config_read_times(struct config *c);

/* Where the references of a config lead. */
struct config_refs {
	char *const *env; /* NULL: empty */
	const char *path; /* the config file; NULL: the working folder counts */
};
/* The value of a variable that is set and not empty; NULL otherwise. */
const char *config_env(char *const *env, const char *name);
/*
 * Appends `text` with ${env:NAME}, ${file:PATH} and ${cred:NAME} replaced; $${ is
 * a plain ${. What comes in is told to base/redact.h. `arg` is a struct
 * config_refs; the form is that of opt_load.expand.
 */
int config_expand(void *arg, const char *text, struct buf *out, struct err *err);

#endif
