/* inflate FILE: inflates a gzip file with zlib in 64 KiB pieces and drops what comes out. */
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#define PIECE (64u << 10)

int
main(int argc, char **argv)
{
	static unsigned char in[PIECE], out[4 * PIECE];
	FILE *f = argc == 2 ? fopen(argv[1], "re") : NULL;
	z_stream z = { 0 };
	int code = Z_OK;

	if (f == NULL || inflateInit2(&z, 15 + 16) != Z_OK)
		return EXIT_FAILURE;
	while (code == Z_OK) {
		if (z.avail_in == 0) {
			z.next_in = in;
			z.avail_in = (uInt)fread(in, 1, sizeof(in), f);
		}
		z.next_out = out;
		z.avail_out = sizeof(out);
		code = inflate(&z, Z_NO_FLUSH);
	}
	(void)inflateEnd(&z);
	(void)fclose(f);
	return code == Z_STREAM_END ? EXIT_SUCCESS : EXIT_FAILURE;
}
