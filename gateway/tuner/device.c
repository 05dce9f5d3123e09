#include "gateway/tuner/device.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/buf.h"
#include "base/err.h"
#include "gateway/store.h"
#include "gateway/tuner/identity.h"

struct device {
	unsigned refs;
	char *name;
	uint32_t id;
	char id_text[9];
	unsigned tuners;
	struct device_tuner tuner[DEVICE_TUNERS_MAX];
};

/* The stored id of the device at that place; made and stored at its first start. */
static int
stored_id(unsigned index, struct store *store, uint32_t *ret, struct err *err)
{
	struct buf text = BUF_INIT(64);
	char key[32], made[9];
	uint32_t bits;
	int rc;

	snprintf(key, sizeof(key), "device.%u.id", index);
	rc = store_get(store, key, &text, err);
	if (rc > 0)
		rc = identity_parse(text.data, ret)
		    ? 0
		    : err_set(err, EBADMSG, "the stored id '%s' is not a device id", text.data);
	else if (rc == 0 && getrandom(&bits, sizeof(bits), 0) != (ssize_t)sizeof(bits))
		rc = err_sys(err, "getrandom");
	else if (rc == 0) {
		*ret = identity_make(bits);
		identity_text(*ret, made);
		rc = store_set(store, key, made, err);
	}
	buf_release(&text);
	return rc;
}

struct device *
device_new(unsigned index, const char *name, unsigned tuners, const char *id, struct store *store,
    struct err *err)
{
	struct device *d = calloc(1, sizeof(*d));
	int rc = 0;

	assert(tuners <= DEVICE_TUNERS_MAX);
	if (d == NULL || (d->name = strdup(name)) == NULL) {
		free(d);
		err_set(err, ENOMEM, "out of memory");
		return NULL;
	}
	d->refs = 1;
	d->tuners = tuners;
	if (id == NULL)
		rc = stored_id(index, store, &d->id, err);
	else if (!identity_parse(id, &d->id))
		rc = err_set(err, EINVAL, "'%s' is not a device id", id);
	if (rc < 0) {
		err_wrap(err, "device '%s'", name);
		device_unref(d);
		return NULL;
	}
	identity_text(d->id, d->id_text);
	return d;
}

struct device *
device_ref(struct device *d)
{
	d->refs++;
	return d;
}

void
device_unref(struct device *d)
{
	if (d == NULL || --d->refs > 0)
		return;
	free(d->name);
	free(d);
}

void
device_configure(struct device *d, const char *name, unsigned tuners)
{
	char *copy = strdup(name);

	if (copy != NULL) {
		free(d->name);
		d->name = copy;
	}
	d->tuners = tuners;
}

const char *
device_name(const struct device *d)
{
	return d->name;
}

uint32_t
device_id(const struct device *d)
{
	return d->id;
}

const char *
device_id_text(const struct device *d)
{
	return d->id_text;
}

unsigned
device_tuners(const struct device *d)
{
	return d->tuners;
}

unsigned
device_busy(const struct device *d)
{
	unsigned busy = 0;

	for (unsigned i = 0; i < DEVICE_TUNERS_MAX; i++)
		busy += d->tuner[i].holds > 0;
	return busy;
}

const struct device_tuner *
device_tuner(const struct device *d, unsigned i)
{
	return &d->tuner[i];
}

static int
find_tuner(const struct device *d, int wanted, uint64_t channel)
{
	int free_one = -EBUSY;

	if (wanted != DEVICE_ANY_TUNER) {
		const struct device_tuner *t;

		if (wanted < 0 || (unsigned)wanted >= d->tuners)
			return -ENOENT;
		t = &d->tuner[wanted];
		return t->holds == 0 || t->channel == channel ? wanted : -EBUSY;
	}
	/* Past d->tuners: taken before a reload made it smaller, and still going. */
	for (int i = DEVICE_TUNERS_MAX - 1; i >= 0; i--) {
		if (d->tuner[i].holds > 0 && d->tuner[i].channel == channel)
			return i;
		if (d->tuner[i].holds == 0 && (unsigned)i < d->tuners)
			free_one = i;
	}
	return free_one;
}

int
device_take(struct device *d, int wanted, const struct device_tuner *what)
{
	int i = find_tuner(d, wanted, what->channel);

	if (i < 0)
		return i;
	assert(what->holds == 0);
	if (d->tuner[i].holds == 0)
		d->tuner[i] = *what;
	d->tuner[i].holds++;
	device_ref(d);
	return i;
}

void
device_drop(struct device *d, int tuner)
{
	assert(d->tuner[tuner].holds > 0);
	if (--d->tuner[tuner].holds == 0)
		memset(&d->tuner[tuner], 0, sizeof(d->tuner[tuner]));
	device_unref(d);
}
