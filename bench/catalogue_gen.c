/*
 * catalogue_gen [N]: writes a playlist of N entries (370,000) as a large
 * provider's, the same bytes each time: live channels with guide ids and logos
 * in HD, SD and backup copies, then movies, then episodes of series.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

static const char *const countries[] = { "UK", "US", "DE", "FR", "ES", "IT", "NL", "PL", "SE", "PT",
	"TR", "AR", "IN", "BR", "CA", "GR" };
static const char *const themes[] = { "GENERAL", "NEWS", "SPORTS", "MOVIES", "KIDS", "DOCUMENTARY",
	"MUSIC", "ENTERTAINMENT" };
static const char *const words[] = { "Global", "Prime", "Nova", "Caf\xc3\xa9", "Star", "Discovery",
	"Eurosport", "National", "Cin\xc3\xa9ma", "Planet", "First", "Royal", "Sky", "City",
	"Premier", "Arena", "History", "M\xc3\xbcnchen", "Ocean", "Action", "Comedy", "Nature" };
static const char *const forms[] = { "HD", "FHD", "SD", "4K", "HEVC", "RAW", "[BACKUP]", "+1" };

static uint32_t state = 20240229;

static uint32_t
next_number(void)
{
	state = state * 1664525 + 1013904223;
	return state >> 8;
}

static const char *
pick(const char *const *list, size_t count)
{
	return list[next_number() % count];
}

#define PICK(list) pick((list), ARRAY_LEN(list))

static void
live(unsigned i)
{
	/* Four copies of a channel share its id. */
	unsigned channel = i / 4;
	const char *country = countries[channel / 97 % ARRAY_LEN(countries)];
	const char *word = words[channel % ARRAY_LEN(words)];
	const char *form = forms[i % ARRAY_LEN(forms)];

	printf("#EXTINF:-1 tvg-id=\"%s%u.%s\" tvg-name=\"%s: %s %u %s\" "
	       "tvg-logo=\"http://logo.provider.invalid/%s/%s-%u.png\" group-title=\"%s| %s\","
	       "%s: %s %u %s\n",
	    word, channel, country, country, word, channel, form, country, word, channel, country,
	    themes[channel / 12 % ARRAY_LEN(themes)], country, word, channel, form);
	printf("http://line.provider.invalid:8080/live/user1234/secret5678/%u.ts\n", 100000 + i);
}

static void
movie(unsigned i)
{
	const char *first = PICK(words), *second = PICK(words);
	unsigned year = 1950 + next_number() % 75;

	printf("#EXTINF:-1 tvg-id=\"\" tvg-name=\"%s %s %u (%u)\" "
	       "tvg-logo=\"https://image.provider.invalid/t/p/w600_and_h900_bestv2/%08" PRIx32
	       "%08" PRIx32 ".jpg\" group-title=\"VOD | %s\",%s %s %u (%u)\n",
	    first, second, i, year, next_number(), next_number(), PICK(themes), first, second, i,
	    year);
	printf("http://line.provider.invalid:8080/movie/user1234/secret5678/%u.mkv\n", 500000 + i);
}

static void
episode(unsigned i)
{
	unsigned show = i / 40, season = i / 10 % 4 + 1, number = i % 10 + 1;
	const char *first = words[show % ARRAY_LEN(words)];
	const char *second = words[show / 7 % ARRAY_LEN(words)];

	printf("#EXTINF:-1 tvg-id=\"\" tvg-name=\"%s %s %u S%02u E%02u\" "
	       "tvg-logo=\"https://image.provider.invalid/t/p/w600_and_h900_bestv2/%08x.jpg\" "
	       "group-title=\"Series | %s\",%s %s %u S%02u E%02u\n",
	    first, second, show, season, number, show * 2654435761u,
	    themes[show % ARRAY_LEN(themes)], first, second, show, season, number);
	printf("http://line.provider.invalid:8080/series/user1234/secret5678/%u.mp4\n",
	    1500000 + i);
}

int
main(int argc, char **argv)
{
	unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 370000;
	unsigned long lives = count / 12, movies = count / 2;

	printf("#EXTM3U x-tvg-url=\"http://line.provider.invalid:8080/xmltv.php\"\n");
	for (unsigned long i = 0; i < count; i++) {
		if (i < lives)
			live((unsigned)i);
		else if (i < lives + movies)
			movie((unsigned)(i - lives));
		else
			episode((unsigned)(i - lives - movies));
	}
	return ferror(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}
