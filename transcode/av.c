#include "transcode/av.h"

#include <stddef.h>

#include "base/library.h"
#include "base/list.h"

/* The version that was compiled against: its structs are what our code writes into. */
#define TEXT_(number) #number
#define TEXT(number)  TEXT_(number)
#define MAJOR         TEXT(LIBAVCODEC_VERSION_MAJOR)

static const struct library_function functions[] = {
#define ROW(name) { #name, offsetof(struct av, name) },
	AV_FUNCTIONS(ROW)
#undef ROW
};

const struct av *
av_load(struct err *err)
{
	static struct av av;
	static _Bool loaded;

	if (loaded)
		return &av;
	/* libavutil's come with it. */
	if (library_load("libavcodec.so." MAJOR, "libavcodec" MAJOR, functions,
		ARRAY_LEN(functions), &av, err) < 0)
		return NULL;
	av.av_log_set_level(AV_LOG_QUIET);
	loaded = 1;
	return &av;
}
