#include "transcode/av.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "base/list.h"

/* The version that was compiled against: its structs are what our code writes into. */
#define SONAME_(major) "libavcodec.so." #major
#define SONAME(major)  SONAME_(major)

static const struct {
	const char *name;
	size_t offset;
} functions[] = {
#define ROW(name) { #name, offsetof(struct av, name) },
	AV_FUNCTIONS(ROW)
#undef ROW
};

const struct av *
av_load(struct err *err)
{
	static struct av av;
	static _Bool loaded;
	void *library;

	if (loaded)
		return &av;
	library = dlopen(SONAME(LIBAVCODEC_VERSION_MAJOR), RTLD_NOW | RTLD_LOCAL);
	if (library == NULL) {
		err_set(err, ENOSYS, "%s cannot be loaded (Debian package libavcodec%d)",
		    SONAME(LIBAVCODEC_VERSION_MAJOR), LIBAVCODEC_VERSION_MAJOR);
		return NULL;
	}
	/* dlsym looks into what the library needs as well, so libavutil's come from there. */
	for (size_t i = 0; i < ARRAY_LEN(functions); i++) {
		void *function = dlsym(library, functions[i].name);

		if (function == NULL) {
			err_set(err, ENOSYS, "%s has no %s", SONAME(LIBAVCODEC_VERSION_MAJOR),
			    functions[i].name);
			return NULL;
		}
		memcpy((char *)&av + functions[i].offset, &function, sizeof(function));
	}
	av.av_log_set_level(AV_LOG_QUIET);
	loaded = 1;
	return &av;
}
