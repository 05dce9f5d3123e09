/*
 * A channel and a programme of the guide as JSON.
 */
#ifndef GATEWAY_GUIDE_PROGRAMME_H
#define GATEWAY_GUIDE_PROGRAMME_H

#include <stdint.h>

struct guide_index;
struct guide_index_channel;
struct guide_index_programme;
struct images;
struct json;
struct lineup;

/* Where addresses of pictures come from. */
struct guide_programme_form {
	const struct guide_index *index;
	struct images *images;       /* NULL: they stay what they are */
	const struct lineup *lineup; /* NULL: logos stay what they are */
	const char *links;           /* what our addresses begin with */
};

/* "KEY": "2026-01-31T20:15:00Z", "KEY_epoch": 1769890500 */
void guide_time_json(struct json *j, const char *key, int64_t when);
/* Members of the open object: id, number, name, logo. */
void guide_channel_json(struct json *j, const struct guide_programme_form *form,
    const struct guide_index_channel *c);
/* An object; docs/http.md has its members. Long texts are cut. */
void guide_programme_json(struct json *j, const char *key, const struct guide_programme_form *form,
    const struct guide_index_programme *p);

#endif
