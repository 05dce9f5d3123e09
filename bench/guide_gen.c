/*
 * guide_gen MEGABYTES [CHANNELS [START [SEED]]]: writes an XMLTV guide as a large
 * provider's, the same bytes for the same arguments: CHANNELS channels (2,000), each with
 * half-hour programmes from START (seconds since 1970) on, some 720 bytes each, until
 * it is so large.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#define SLOT         1800
#define PROGRAMME_MB 1410 /* programmes to 1e6 bytes, nearly */

static const char *const words[] = { "the", "last", "house", "river", "of", "night", "a", "garden",
	"caf\xc3\xa9", "winter", "return", "city", "and", "light", "storm", "m\xc3\xbchle",
	"island", "under", "red", "letter", "to", "nobody", "first", "stars", "bread", "with",
	"\305\201\303\263d\305\272", "engine", "long", "way", "home" };
static const char *const people[] = { "Anna Weber", "Tom\xc3\xa1s R\xc3\xado", "Priya Nair",
	"J. Smith", "Ol\xc3\xadvia Santos", "Kenji Ito", "Marta Nowak", "Sam O&apos;Neill" };
static const char *const kinds[] = { "Series", "News", "Movie", "Documentary", "Sports", "Kids",
	"Music", "Talk &amp; Debate" };

static uint32_t state = 20240229;

static uint32_t
next_number(void)
{
	state = state * 1664525 + 1013904223;
	return state >> 8;
}

static void
say(unsigned count, _Bool capital)
{
	for (unsigned i = 0; i < count; i++) {
		const char *word = words[next_number() % ARRAY_LEN(words)];

		if (i > 0)
			putchar_unlocked(' ');
		if (i == 0 && capital && *word >= 'a' && *word <= 'z')
			putchar_unlocked(*word++ - 'a' + 'A');
		fputs_unlocked(word, stdout);
	}
}

static void
put_time(time_t when)
{
	char text[32];
	struct tm tm;

	gmtime_r(&when, &tm);
	strftime(text, sizeof(text), "%Y%m%d%H%M%S +0000", &tm);
	fputs_unlocked(text, stdout);
}

static void
programme(unsigned channel, time_t start)
{
	unsigned season = next_number() % 12, episode = next_number() % 24;

	printf("  <programme start=\"");
	put_time(start);
	printf("\" stop=\"");
	put_time(start + SLOT);
	printf("\" channel=\"chan%u.example\">\n    <title lang=\"en\">", channel);
	say(3, 1);
	printf("</title>\n    <sub-title lang=\"en\">");
	say(4, 1);
	printf("</sub-title>\n    <desc lang=\"en\">");
	say(20 + next_number() % 20, 1);
	printf(".</desc>\n    <credits>\n      <director>%s</director>\n"
	       "      <actor role=\"Guest\">%s</actor>\n    </credits>\n    <date>%u</date>\n",
	    people[next_number() % ARRAY_LEN(people)], people[next_number() % ARRAY_LEN(people)],
	    1980 + next_number() % 46);
	printf("    <category lang=\"en\">%s</category>\n"
	       "    <icon src=\"https://image.example/%08" PRIx32 ".jpg\" />\n"
	       "    <episode-num system=\"xmltv_ns\">%u.%u.</episode-num>\n"
	       "    <episode-num system=\"onscreen\">S%02uE%02u</episode-num>\n",
	    kinds[next_number() % ARRAY_LEN(kinds)], next_number(), season, episode, season + 1,
	    episode + 1);
	if (next_number() % 3 == 0)
		puts("    <previously-shown />");
	puts("  </programme>");
}

int
main(int argc, char **argv)
{
	unsigned long megabytes, channels, slots;
	time_t start;

	megabytes = argc > 1 ? strtoul(argv[1], NULL, 10) : 244;
	channels = argc > 2 ? strtoul(argv[2], NULL, 10) : 2000;
	start = argc > 3 ? (time_t)strtoll(argv[3], NULL, 10) : 1704067200;
	if (argc > 4)
		state = (uint32_t)strtoul(argv[4], NULL, 10);
	slots = megabytes * PROGRAMME_MB / (channels > 0 ? channels : 1);
	puts("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE tv SYSTEM \"xmltv.dtd\">\n"
	     "<tv generator-info-name=\"guide_gen\">");
	for (unsigned i = 0; i < channels; i++)
		printf("  <channel id=\"chan%u.example\">\n    <display-name>Channel %u"
		       "</display-name>\n    <icon src=\"https://logo.example/%u.png\" />\n"
		       "  </channel>\n",
		    i, i, i);
	for (unsigned long i = 0; i < channels * slots; i++)
		programme((unsigned)(i / slots), start + (time_t)(i % slots) * SLOT);
	puts("</tv>");
	return ferror(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}
