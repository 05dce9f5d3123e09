/*
 * Shared libraries that a worker loads at need, so that the processes that do without them
 * do not pay for them.
 *
 * library_load comes before sandbox_enter: in the jail there are no files.
 */
#ifndef BASE_LIBRARY_H
#define BASE_LIBRARY_H

#include <stddef.h>

struct err;

struct library_function {
	const char *name;
	size_t offset; /* of the pointer to it, in the struct that is filled in */
};

/*
 * Loads the library and fills `ret` in with pointers to its functions (and to those of the
 * libraries that it needs itself). It stays for the process's life. 0 or -ENOSYS: it is not
 * on this machine; *err names the Debian package that has it.
 */
int library_load(const char *soname, const char *package, const struct library_function *functions,
    size_t count, void *ret, struct err *err);

#endif
