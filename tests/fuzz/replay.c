/*
 * Runs a fuzz target over files, once each: the corpus as a test, with any
 * compiler. Arguments are files and folders of files; the empty input comes first.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define INPUT_MAX (64u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned long inputs;

static void
replay_run(const uint8_t *data, size_t size)
{
	(void)LLVMFuzzerTestOneInput(data, size);
	inputs++;
}

static int
replay_file(const char *path, size_t size)
{
	/* Exactly as large as the input, so that AddressSanitizer sees a read past its end. */
	uint8_t *data = malloc(size == 0 ? 1 : size);
	FILE *f = fopen(path, "re");
	int rc = -1;

	if (data == NULL || f == NULL || fread(data, 1, size, f) != size) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		goto out;
	}
	/* The last line that is seen when this input ends the process. */
	fprintf(stderr, "input: %s\n", path);
	replay_run(data, size);
	rc = 0;
out:
	if (f != NULL)
		(void)fclose(f);
	free(data);
	return rc;
}

/* A file, or each file of a folder. */
static int
replay_path(const char *path)
{
	struct dirent **names;
	struct stat st;
	int rc = 0, count;

	if (stat(path, &st) == -1) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return -1;
	}
	if (S_ISREG(st.st_mode)) {
		if (st.st_size <= INPUT_MAX)
			return replay_file(path, (size_t)st.st_size);
		fprintf(stderr, "%s: larger than %u bytes\n", path, INPUT_MAX);
		return -1;
	}
	count = scandir(path, &names, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		char *inner;

		if (names[i]->d_name[0] != '.' &&
		    asprintf(&inner, "%s/%s", path, names[i]->d_name) != -1) {
			if (replay_path(inner) < 0)
				rc = -1;
			free(inner);
		}
		free(names[i]);
	}
	if (count >= 0)
		free(names);
	return count < 0 ? -1 : rc;
}

int
main(int argc, char **argv)
{
	uint8_t *nothing = calloc(1, 1);
	int rc = 0;

	if (nothing == NULL)
		return 1;
	replay_run(nothing, 0);
	free(nothing);
	for (int i = 1; i < argc; i++) {
		if (replay_path(argv[i]) < 0)
			rc = 1;
	}
	printf("%lu inputs\n", inputs);
	return rc;
}
