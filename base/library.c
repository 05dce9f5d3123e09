#include "base/library.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "base/err.h"

int
library_load(const char *soname, const char *package, const struct library_function *functions,
    size_t count, void *ret, struct err *err)
{
	void *library = dlopen(soname, RTLD_NOW | RTLD_LOCAL);

	if (library == NULL)
		return err_set(err, ENOSYS, "%s cannot be loaded (Debian package %s)", soname,
		    package);
	for (size_t i = 0; i < count; i++) {
		void *function = dlsym(library, functions[i].name);

		if (function == NULL)
			return err_set(err, ENOSYS, "%s has no %s", soname, functions[i].name);
		memcpy((char *)ret + functions[i].offset, &function, sizeof(function));
	}
	return 0;
}
