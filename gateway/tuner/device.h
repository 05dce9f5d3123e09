/*
 * One virtual HDHomeRun: its name, its id, and its tuners. A tuner is held by
 * everyone who watches one channel through this device, so a second viewer of a
 * channel needs no second tuner, and the count is exact: a hold is taken when a
 * stream is asked for and given back when its socket is closed.
 */
#ifndef GATEWAY_TUNER_DEVICE_H
#define GATEWAY_TUNER_DEVICE_H

#include <stdint.h>

struct device;
struct err;
struct store;

#define DEVICE_TUNERS_MAX 64
#define DEVICE_ANY_TUNER  (-1)

/*
 * `index` is its place in the config: under it the store keeps the id that was
 * made for it. `id` NULL: that stored one. NULL with *err set.
 */
struct device *device_new(unsigned index, const char *name, unsigned tuners, const char *id,
    struct store *store, struct err *err);
/* Every hold keeps the device: this only drops the owner's share. NULL: no-op. */
void device_unref(struct device *d);
struct device *device_ref(struct device *d);
/* A reload: a smaller count takes no tuner away from who has one. */
void device_configure(struct device *d, const char *name, unsigned tuners);

const char *device_name(const struct device *d);
uint32_t device_id(const struct device *d);
const char *device_id_text(const struct device *d);
unsigned device_tuners(const struct device *d);
unsigned device_busy(const struct device *d);

/* What a tuner shows while it is held. */
struct device_tuner {
	unsigned holds; /* 0: free, and nothing else is set */
	uint64_t channel;
	char number[24], name[64];
	char peer[48]; /* who took it first */
};
/* i < device_tuners */
const struct device_tuner *device_tuner(const struct device *d, unsigned i);

/*
 * Takes a hold for a channel: on tuner `wanted`, or on the tuner that has the
 * channel already, or on a free one. Returns the tuner's number, -EBUSY when
 * there is none, -ENOENT when there is no tuner `wanted`.
 */
int device_take(struct device *d, int wanted, const struct device_tuner *what);
void device_drop(struct device *d, int tuner);

#endif
