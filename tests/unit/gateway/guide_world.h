/*
 * A gateway with a lineup and a guide, which is made by its writer.
 */
#ifndef TESTS_GATEWAY_GUIDE_WORLD_H
#define TESTS_GATEWAY_GUIDE_WORLD_H

#include <fcntl.h>

#include "tests/unit/epg/guides.h"
#include "tests/unit/gateway/gateway_world.h"

/* A quarter of an hour after the guide's noon. */
_Static_assert(WORLD_WALL == NEW_YEAR + 12 * 3600 + 900, "the hour of the world");

static inline void
guide_world_yaml(struct buf *yaml, const char *more)
{
	buf_printf(yaml, "playlists: [{name: acme, url: \"@\"}]\ndevices: [{id: 10AF6F4B}]\n%s",
	    more);
}

/* Puts a configuration of its playlist and `more` into force. */
static inline void
guide_world_apply(const char *more)
{
	struct buf yaml = BUF_INIT(65536);
	struct err err = ERR_INIT;

	guide_world_yaml(&yaml, more);
	ck_assert_msg(world_apply(yaml.data, &err) == 0, "%s", err.text);
	buf_release(&yaml);
}

/* Until there is a lineup of this playlist. */
static inline void
guide_world_open(const char *list, const char *more)
{
	struct buf yaml = BUF_INIT(65536);

	guide_world_yaml(&yaml, more);
	world_open(list, yaml.data);
	buf_release(&yaml);
	world_await_lineup();
}

/* The guide id of channel i of the lineup. */
static inline const char *
world_id(uint32_t i)
{
	static char ids[8][LINEUP_GUIDE_ID_SIZE];
	static unsigned next;
	char *id = ids[next++ % 8];
	struct lineup_channel channel;

	lineup_get(channels_lineup(g.channels), i, &channel);
	lineup_guide_id(channel.id, id);
	return id;
}

/*
 * Gives the gateway a guide of these programmes, whose channels are those of the lineup;
 * without a logo in the lineup, `source_xml` is what a source has about them.
 */
static inline void
world_give_guide(const struct test_programme *programmes, size_t count, const char *source_xml)
{
	const int flags = O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC;
	uint32_t channels = lineup_count(channels_lineup(g.channels));
	struct guide_write_channel *list = calloc(channels, sizeof(*list));
	char(*numbers)[24] = calloc(channels, sizeof(*numbers));
	char(*ids)[LINEUP_GUIDE_ID_SIZE] = calloc(channels, sizeof(*ids));
	const struct test_guide guide = { list, channels, programmes, count };
	struct guide_files files;
	struct err err = ERR_INIT;

	for (uint32_t i = 0; i < channels; i++) {
		struct lineup_channel channel;

		lineup_get(channels_lineup(g.channels), i, &channel);
		lineup_number_text(&channel, numbers[i]);
		lineup_guide_id(channel.id, ids[i]);
		list[i] = (struct guide_write_channel){ ids[i], numbers[i], channel.name,
			channel.logo, source_xml };
	}
	files.xml = open(in_dir("guide/guide.xml"), flags, 0600);
	files.gzip = open(in_dir("guide/guide.xml.gz"), flags, 0600);
	files.index = open(in_dir("guide/guide.idx"), flags, 0600);
	guide_write(&guide, &files, NULL, -1);
	guide_files_close(&files);
	free(list);
	free(numbers);
	free(ids);
	guide_free(g.guide);
	g.guide = guide_new(&(struct guide_deps){ g.base, g.workers, g.clock, dir }, world_guide,
	    NULL, &err);
	guide_restore(g.guide);
	while (guide_index(g.guide) == NULL)
		ck_assert_int_ne(event_base_loop(g.base, EVLOOP_ONCE), -1);
}

/* The last reply's body by xmllint, where it is installed. */
static inline void
expect_valid_reply(void)
{
	int fd = unit_memory_file(reply.body.data);

	expect_valid(fd);
	close(fd);
}

#endif
