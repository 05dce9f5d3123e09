#include "gateway/cmd_guide_facts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/list.h"

#define JSON_MAX (1u << 20)

const struct facts facts_of_source = { NULL,
	{ { "bytes", 0 }, { "channels", 0 }, { "programmes", 0 }, { "kept", 0 }, { "broken", 0 },
	    { "mended", 0 }, { "unknown", 0 }, { "timeless", 0 }, { "duplicates", 0 },
	    { "clipped", 0 }, { "whole", 0 } } };
const struct facts facts_of_guide = { NULL,
	{ { "channels", 0 }, { "programmes", 0 }, { "filled", 0 }, { "empty", 0 }, { "bytes", 0 },
	    { "gzip_bytes", 0 } } };

void
facts_on_result(void *arg, const char *key, uint64_t value)
{
	struct facts *facts = arg;

	for (size_t i = 0; i < ARRAY_LEN(facts->of) && facts->of[i].key != NULL; i++) {
		if (strcmp(facts->of[i].key, key) == 0)
			facts->of[i].value = value;
	}
}

static uint64_t
fact(const struct facts *facts, const char *key)
{
	for (size_t i = 0; i < ARRAY_LEN(facts->of) && facts->of[i].key != NULL; i++) {
		if (strcmp(facts->of[i].key, key) == 0)
			return facts->of[i].value;
	}
	return 0;
}

int
facts_check(const struct facts *guide, const struct facts *sources, size_t count, const char *days,
    const char *wanted, struct err *err)
{
	static const char none[] = "there is no programme in it";
	uint64_t found = 0, kept = 0;

	if (fact(guide, "programmes") > 0)
		return 0;
	for (size_t i = 0; i < count; i++) {
		found += fact(&sources[i], "programmes");
		kept += fact(&sources[i], "kept");
	}
	if (found == 0)
		return err_set(err, ENODATA, "%s: no source has any; look into them", none);
	if (kept > 0 && days != NULL)
		return err_set(err, ENODATA,
		    "%s: all are outside of --days %s; look whether the sources are current", none,
		    days);
	if (kept > 0)
		return err_set(err, ENODATA, "%s: all are more than 1000 days from now", none);
	if (wanted != NULL)
		return err_set(err, ENODATA,
		    "%s: none of the ids that are wanted has programmes; compare '%s' with the "
		    "<channel id= of the sources",
		    none, wanted);
	return err_set(err, ENODATA,
	    "%s: none that the sources have could be read; look at the complaints", none);
}

static void
add_facts(struct json *j, const struct facts *facts)
{
	for (size_t i = 0; i < ARRAY_LEN(facts->of) && facts->of[i].key != NULL; i++)
		json_uint(j, facts->of[i].key, facts->of[i].value);
}

void
facts_print_json(const struct facts *guide, const struct facts *sources, size_t count)
{
	struct buf out = BUF_INIT(JSON_MAX);
	struct json j = JSON_INIT(&out);

	json_object(&j, NULL);
	add_facts(&j, guide);
	json_array(&j, "sources");
	for (size_t i = 0; i < count; i++) {
		json_object(&j, NULL);
		json_str(&j, "source", sources[i].name);
		add_facts(&j, &sources[i]);
		json_object_end(&j);
	}
	json_array_end(&j);
	json_object_end(&j);
	puts(out.data);
	buf_release(&out);
}

void
facts_print_summary(const struct facts *guide, const struct facts *sources, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct facts *s = &sources[i];

		fprintf(stderr,
		    "%s: %" PRIu64 " channels, %" PRIu64 " programmes, %" PRIu64 " kept", s->name,
		    fact(s, "channels"), fact(s, "programmes"), fact(s, "kept"));
		if (fact(s, "broken") > 0)
			fprintf(stderr, ", %" PRIu64 " broken", fact(s, "broken"));
		if (fact(s, "whole") == 0)
			fprintf(stderr, "; it is cut short");
		fputc('\n', stderr);
	}
	fprintf(stderr, "%" PRIu64 " channels, %" PRIu64 " programmes, %.3f MB\n",
	    fact(guide, "channels"), fact(guide, "programmes"), (double)fact(guide, "bytes") / 1e6);
}
