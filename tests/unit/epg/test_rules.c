#include "epg/rules.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "epg/rules_words.h"
#include "tests/unit/epg/entry.h"

static struct rules *
rules(const char *text)
{
	struct err err = ERR_INIT;
	struct rules *r = rules_new(text, strlen(text), &err);

	ck_assert_msg(r != NULL, "%s", err.text);
	return r;
}

/* The words behind the first letter: t title, s sub-title, d desc, c category, n new. */
static void
make(struct xmltv_entry *e, const char *lines)
{
	static const struct {
		char letter;
		enum xmltv_element element;
	} letters[] = { { 't', XMLTV_TITLE }, { 's', XMLTV_SUB_TITLE }, { 'd', XMLTV_DESC },
		{ 'c', XMLTV_CATEGORY }, { 'n', XMLTV_NEW }, { 'r', XMLTV_PREVIOUSLY_SHOWN },
		{ 'p', XMLTV_PREMIERE } };
	char text[1000];

	entry_begin(e, XMLTV_PROGRAMME, "");
	while (*lines != '\0') {
		size_t len = strcspn(lines, "\n");

		(void)snprintf(text, sizeof(text), "%.*s", (int)len - 1, lines + 1);
		for (size_t i = 0; i < ARRAY_LEN(letters); i++) {
			if (letters[i].letter == lines[0])
				entry_add(e, letters[i].element, 1, text);
		}
		lines += len + (lines[len] == '\n');
	}
}

static void
ck_becomes(const char *rule, struct xmltv_entry *e, const char *expected)
{
	struct rules *r = rules(rule);
	struct buf out = BUF_INIT(1u << 20);

	if (rules_apply(r, e))
		xmltv_write_children(&out, e);
	else
		buf_str(&out, "dropped");
	ck_assert_msg(strcmp(out.data, expected) == 0, "%s: %s", rule, out.data);
	buf_release(&out);
	rules_free(r);
}

#define T(text) "<title>" text "</title>\n"
#define S(text) "<sub-title>" text "</sub-title>\n"
#define C(text) "<category>" text "</category>\n"

static const struct {
	const char *rules, *entry, *becomes;
} changes[] = {
	{ "", "tA", T("A") },
	{ "drop title /teleshopping/", "tTeleShopping\ndx", "dropped" },
	{ "drop title /teleshopping/\n", "tA shop", T("A shop") },
	{ "drop title /^shop$/", "tA shop", T("A shop") },
	{ "drop title /x/", "sx\ndx\ncx", "<title></title>\n" S("x") "<desc>x</desc>\n" C("x") },
	{ "drop sub-title /x/", "tA\nsx", "dropped" },
	{ "drop desc /x/", "tA\ndx", "dropped" },
	{ "drop category /x/", "tA\nca\ncx", "dropped" },
	{ "drop title /a\\/b/", "tA/B", "dropped" },
	{ "drop title /[\\/]/", "tA/B", "dropped" },
	{ "drop title /\xd0\xbc\xd0\xb8\xd1\x80/", "t\xd0\x9c\xd0\x98\xd0\xa0", "dropped" },
	{ "drop title /^\\w+$/", "t\xc3\x84\xc3\xb6", "dropped" },
	{ "replace title /^live: */", "tLIVE:  Match", T("Match") },
	{ "replace title /^live: */ ", "tLIVE:  Match", T("Match") },
	{ "replace title /^/ HD: ", "tA", T("HD: A") },
	{ "replace title / *\\(.*?\\)/", "tA (1) B (2)", T("A B") },
	{ "replace title /(\\w+), the/ The $1", "tOffice, The", T("The Office") },
	{ "replace title /a/ ${0}1", "tAba", T("A1ba1") },
	{ "replace title /a/ $$", "tA", T("$") },
	{ "replace title /(a)|(b)/ [$1$2]", "tab", T("[a][b]") },
	{ "replace title /a/ \\n/", "ta", T("\\n/") },
	{ "replace title /a/ <&>", "ta", T("&lt;&amp;&gt;") },
	{ "replace sub-title /.+/", "tA\nsB\nsC", T("A") },
	{ "replace title /.+/", "tA\nsB", "<title></title>\n" S("B") },
	{ "replace title /a/ b\nreplace title /b/ c", "ta", T("c") },
	{ "replace title /b/ c\nreplace title /a/ b", "ta", T("b") },
	{ "replace title /a/ b\ndrop title /a/", "ta", T("b") },
	{ "drop title /a/\nreplace title /a/ b", "ta", "dropped" },
	{ "replace category /^krimi$/ Crime", "tA\ncKrimi\ncKrimi 2",
	    T("A") C("Crime") C("Krimi 2") },
	{ "category /^krimi/ series", "tA\ncKrimi", T("A") C("Krimi") C("Series") },
	{ "category /krimi/ SERIES", "tA\ncKrimi\ncKrimi 2",
	    T("A") C("Krimi") C("Krimi 2") C("Series") },
	{ "category /krimi/ movie\ncategory /krimi/ kids", "tA\ncKrimi",
	    T("A") C("Krimi") C("Movie") C("Kids") },
	{ "category /x/ news", "tx\ncy", T("x") C("y") },
	{ "category /x/ news", "tx\ncx\ncNEWS", T("x") C("x") C("NEWS") },
	{ "replace category /krimi/ x\ncategory /x/ series", "tA\ncKrimi",
	    T("A") C("x") C("Series") },
	{ "set title /darts/ sports", "tDarts: final", T("Darts: final") C("Sports") },
	{ "set title /darts/ sports", "tFilm\nddarts", T("Film") "<desc>darts</desc>\n" },
	{ "set title /darts/ sports", "tDarts\ncSPORTS", T("Darts") C("SPORTS") },
	{ "set desc /darts/ sports\nset desc /kids/ kids\nkinds", "tA\nddarts for kids\ncFilm",
	    T("A") "<desc>darts for kids</desc>\n" C("Film") C("Movie") C("Sports") C("Kids") },
	{ "replace title /x/ darts\nset title /darts/ sports", "tx", T("darts") C("Sports") },
	{ "kinds", "tA\ncSpielfilm", T("A") C("Spielfilm") C("Movie") },
	{ "kinds", "tA\ncmovie", T("A") C("movie") },
	{ "kinds", "tA\ncSport\ncNachrichten",
	    T("A") C("Sport") C("Nachrichten") C("Sports") C("News") },
	{ "kinds", "tFilm", T("Film") },
	{ "kinds", "tA\nc", T("A") },
	{ "repeats", "tA", T("A") "<previously-shown/>\n" },
	{ "repeats", "tA\nr", T("A") "<previously-shown/>\n" },
	{ "repeats", "tA\nn", T("A") "<new/>\n" },
	{ "repeats", "tA\np", T("A") "<premiere/>\n" },
	{ "without sub-title\nwithout category", "tA\nsB\ndC\ncD", T("A") "<desc>C</desc>\n" },
	{ "kinds\nwithout category", "tA\ncSport", T("A") },
};

START_TEST(a_rule_changes_a_programme)
{
	struct xmltv_entry e;

	make(&e, changes[_i].entry);
	ck_becomes(changes[_i].rules, &e, changes[_i].becomes);
	xmltv_entry_release(&e);
}
END_TEST

START_TEST(a_kind_gets_the_language_of_what_says_it)
{
	struct xmltv_span de;
	struct xmltv_entry e;

	make(&e, "tA");
	de = entry_keep(&e, "de");
	entry_add(&e, XMLTV_CATEGORY, 1, "Nachrichten")->attrs[0] = de;
	entry_add(&e, XMLTV_CATEGORY, 1, "Sport");
	ck_becomes("kinds", &e,
	    T("A") "<category lang=\"de\">Nachrichten</category>\n" C("Sport")
		C("Sports") "<category lang=\"de\">News</category>\n");
	xmltv_entry_release(&e);
}
END_TEST

START_TEST(what_is_below_an_element_goes_with_it)
{
	struct xmltv_span url;
	struct xmltv_entry e;

	make(&e, "tA");
	entry_add(&e, XMLTV_CREDITS, 1, NULL);
	entry_add(&e, XMLTV_ACTOR, 2, "B");
	entry_add(&e, XMLTV_PERSON_IMAGE, 3, "http://i/b");
	entry_add(&e, XMLTV_GUEST, 2, "C");
	entry_add(&e, XMLTV_DATE, 1, "1999");
	url = entry_keep(&e, "http://i/a");
	entry_add(&e, XMLTV_ICON, 1, NULL)->attrs[0] = url;
	entry_add(&e, XMLTV_RATING, 1, NULL);
	entry_add(&e, XMLTV_RATING_VALUE, 2, "12");
	entry_add(&e, XMLTV_RATING_ICON, 2, NULL)->attrs[0] = url;
	ck_becomes("without image\nwithout icon", &e,
	    T("A") "<credits>\n<actor>B</actor>\n<guest>C</guest>\n</credits>\n<date>1999</date>\n"
		   "<rating>\n<value>12</value>\n</rating>\n");
	ck_becomes("without credits", &e,
	    T("A") "<date>1999</date>\n<rating>\n<value>12</value>\n</rating>\n");
	ck_becomes("without rating", &e, T("A") "<date>1999</date>\n");
	xmltv_entry_release(&e);
}
END_TEST

START_TEST(channels_are_left_as_they_are)
{
	struct rules *r = rules("drop title /./\nrepeats\n");
	struct xmltv_entry e;

	entry_begin(&e, XMLTV_CHANNEL, "");
	entry_add(&e, XMLTV_DISPLAY_NAME, 1, "A");
	ck_assert(rules_apply(r, &e));
	ck_assert_uint_eq(e.count, 1);
	xmltv_entry_release(&e);
	rules_free(r);
}
END_TEST

static const struct {
	const char *rules, *error;
} wrong[] = {
	{ "\n", "rule 1: it begins with none of drop, replace, category, set, without, repeats" },
	{ "kinds\nfoo",
	    "rule 2: it begins with none of drop, replace, category, set, without, repeats" },
	{ "kinds x", "rule 1: it has more than one word" },
	{ "drop", "rule 1: its field is not title, sub-title, desc or category" },
	{ "drop titles /x/", "rule 1: its field is not title, sub-title, desc or category" },
	{ "drop date /x/", "rule 1: its field is not title, sub-title, desc or category" },
	{ "drop title", "rule 1: its pattern does not stand between / and /" },
	{ "drop title x", "rule 1: its pattern does not stand between / and /" },
	{ "drop title /x", "rule 1: its pattern has no / at its end" },
	{ "drop title /x\\/", "rule 1: its pattern has no / at its end" },
	{ "drop title /x\\", "rule 1: its pattern has no / at its end" },
	{ "drop title /x/i",
	    "rule 1: no blank follows the / that ends its pattern; a / within is written \\/" },
	{ "drop title /x/ y", "rule 1: it has more than a pattern" },
	{ "drop title /x(/", "rule 1: its pattern, at character 3: missing closing parenthesis" },
	{ "drop title /\\C/",
	    "rule 1: its pattern, at character 3: using \\C is disabled by the application" },
	{ "replace title /x/ $1",
	    "rule 1: a $ without a group that the pattern has; $$ stands for itself" },
	{ "replace title /x/ $",
	    "rule 1: a $ without a group that the pattern has; $$ stands for itself" },
	{ "replace title /(x)/ ${1",
	    "rule 1: a $ without a group that the pattern has; $$ stands for itself" },
	{ "replace title /(x)/ ${$",
	    "rule 1: a $ without a group that the pattern has; $$ stands for itself" },
	{ "replace title /(x)/ $99999999999",
	    "rule 1: a $ without a group that the pattern has; $$ stands for itself" },
	{ "replace title /(?<n>x)/ $n",
	    "rule 1: a $ without a group that the pattern has; $$ stands for itself" },
	{ "replace title /x/ \t", "rule 1: it is no line of UTF-8" },
	{ "replace title /x/ \xff", "rule 1: it is no line of UTF-8" },
	{ "drop title //", "rule 1: its pattern is empty, and would match everything" },
	{ "set /x/ news", "rule 1: its field is not title, sub-title, desc or category" },
	{ "set title /x/ music", "rule 1: its kind is not movie, series, sports, news or kids" },
	{ "category /x/ music", "rule 1: its kind is not movie, series, sports, news or kids" },
	{ "category /x/", "rule 1: its kind is not movie, series, sports, news or kids" },
	{ "without title", "rule 1: it names no element that a programme can be without" },
	{ "without display-name", "rule 1: it names no element that a programme can be without" },
	{ "without", "rule 1: it names no element that a programme can be without" },
};

START_TEST(a_wrong_rule_is_named)
{
	struct err err = ERR_INIT;

	ck_assert_ptr_null(rules_new(wrong[_i].rules, strlen(wrong[_i].rules), &err));
	ck_assert_str_eq(err.text, wrong[_i].error);
}
END_TEST

START_TEST(there_may_be_many_rules_but_not_any_number)
{
	struct buf text = BUF_INIT(100000);
	struct err err = ERR_INIT;
	struct rules *r;

	for (int i = 0; i < RULES_MAX; i++)
		buf_printf(&text, "drop title /%d/\n", i);
	r = rules_new(text.data, text.len, &err);
	ck_assert_ptr_nonnull(r);
	rules_free(r);
	buf_str(&text, "kinds");
	ck_assert_ptr_null(rules_new(text.data, text.len, &err));
	ck_assert_str_eq(err.text, "rule 201: there are more than 200");
	buf_clear(&text);
	buf_str(&text, "drop title /");
	for (int i = 0; i < 4096; i++)
		buf_char(&text, 'x');
	buf_str(&text, "/");
	ck_assert_ptr_null(rules_new(text.data, text.len, &err));
	ck_assert_str_eq(err.text, "rule 1: it is longer than 4096 bytes");
	buf_release(&text);
}
END_TEST

static const char *const patterns[] = { "drop title /^(a+)+$/", "replace title /^(a|aa)+$/ b",
	"category /^(a|a?)+[bd]$/ movie", "drop title /^(.+)+(.+)+(.+)+[bd]$/" };

/* A pattern that takes exponential time gives up, and is counted. */
START_TEST(a_pattern_that_takes_too_long_does_not_match)
{
	struct rules *r = rules(patterns[_i]);
	struct xmltv_entry e;
	char text[200];

	(void)snprintf(text, sizeof(text), "t%0*d!\nc%0*d!", 60, 0, 60, 0);
	for (char *p = text; *p != '\0'; p++)
		*p = *p == '0' ? 'a' : *p;
	make(&e, text);
	ck_assert(rules_apply(r, &e));
	ck_assert_msg(rules_exhausted(r) > 0, "%s", patterns[_i]);
	ck_assert_uint_eq(e.count, 2);
	ck_assert_uint_eq(e.nodes[0].text.len, 61);
	xmltv_entry_release(&e);
	rules_free(r);
}
END_TEST

/* Patterns see the beginning of a long text; the rest is kept. */
START_TEST(a_long_text_keeps_its_end)
{
	char text[3 * RULES_TEXT_MAX];
	struct xmltv_entry e;
	struct rules *r = rules("replace desc /x/ y\ndrop desc /end/");
	size_t len = sizeof(text) - 1;

	memset(text, 'x', sizeof(text));
	text[0] = 'a'; /* so that a character is cut in the middle */
	for (size_t i = 1; i + 1 < sizeof(text); i += 2)
		memcpy(text + i, "\xc3\xa4", 2);
	memcpy(text + len - 4, "xend", 4);
	text[1] = text[2] = 'x';
	text[len] = '\0';
	entry_begin(&e, XMLTV_PROGRAMME, "");
	entry_add(&e, XMLTV_DESC, 1, text);
	ck_assert(rules_apply(r, &e));
	ck_assert_uint_eq(e.nodes[0].text.len, len);
	text[1] = text[2] = 'y';
	ck_assert_int_eq(memcmp(xmltv_text(&e, e.nodes[0].text), text, len), 0);
	xmltv_entry_release(&e);
	rules_free(r);
}
END_TEST

/* -- the table of words ---------------------------------------------------------- */

#define M (1u << RULES_MOVIE)
#define E (1u << RULES_SERIES)
#define P (1u << RULES_SPORTS)
#define N (1u << RULES_NEWS)
#define K (1u << RULES_KIDS)

static const struct {
	const char *category;
	unsigned kinds;
} words[] = {
	{ "Movie", M },
	{ "Movies", M },
	{ "Movie / Drama", M },
	{ "Film", M },
	{ "series", E },
	{ "TV Series", E },
	{ "Soap", E },
	{ "Sitcom", E },
	{ "Sports", P },
	{ "Sports event", P },
	{ "Football", P },
	{ "Ice hockey", P },
	{ "News", N },
	{ "News / Current affairs", N },
	{ "Kids", K },
	{ "Children's / Youth programmes", K },
	{ "Children\xe2\x80\x99s", K },
	{ "World Series", 0 },
	{ "Transport", 0 },
	{ "Documentary", 0 },
	{ "Drama", 0 },
	{ "Talk show", 0 },
	{ "Music", 0 },
	{ "Short film", 0 },
	{ "", 0 },
	{ "-/-", 0 },
	/* de */
	{ "Spielfilm", M },
	{ "Actionfilm", M },
	{ "Fernsehfilm", M },
	{ "Kino", M },
	{ "Krimiserie", E },
	{ "TV-Serie", E },
	{ "Serien", E },
	{ "Dokumentarfilm", 0 },
	{ "Kurzfilm", 0 },
	{ "Fu\xc3\x9f"
	  "ball",
	    P },
	{ "Sportnachrichten", P | N },
	{ "Motorsport", P },
	{ "Nachrichten", N },
	{ "Kinderserie", K | E },
	{ "Kinderfilm", K | M },
	{ "Zeichentrickserie", K | E },
	{ "Unterhaltung", 0 },
	{ "Sportfilm", M },
	/* fr */
	{ "S\xc3\xa9rie t\xc3\xa9l\xc3\xa9vis\xc3\xa9"
	  "e",
	    E },
	{ "film", M },
	{ "Cin\xc3\xa9ma", M },
	{ "t\xc3\xa9l\xc3\xa9"
	  "film",
	    0 },
	{ "Journal", N },
	{ "Magazine d'information", N },
	{ "Actualit\xc3\xa9s", N },
	{ "Jeunesse", K },
	{ "Dessin anim\xc3\xa9", K },
	{ "Cyclisme", P },
	{ "Court m\xc3\xa9trage", 0 },
	{ "film documentaire", 0 },
	/* es, pt */
	{ "Pel\xc3\xad"
	  "cula",
	    M },
	{ "Cine", M },
	{ "Telenovela", E },
	{ "Deportes", P },
	{ "F\xc3\xbatbol", P },
	{ "Noticias", N },
	{ "Informativos", N },
	{ "Infantil", K },
	{ "S\xc3\xa9ries", E },
	{ "Filmes", M },
	{ "Novela", E },
	{ "Desporto", P },
	{ "Esportes", P },
	{ "Not\xc3\xad"
	  "cias",
	    N },
	{ "Crian\xc3\xa7"
	  "as",
	    K },
	{ "Cortometraje", 0 },
	/* it */
	{ "Calcio", P },
	{ "Serie A", P },
	{ "Serie TV", E },
	{ "Telegiornale", N },
	{ "Attualit\xc3\xa0", N },
	{ "Cartoni animati", K },
	{ "Telefilm", 0 },
	/* nl */
	{ "Speelfilm", M },
	{ "Nieuws", N },
	{ "Jeugd", K },
	{ "Voetbal", P },
	{ "Dramaserie", E },
	{ "Kinderseries", K | E },
	{ "Tekenfilm", K },
	/* pl */
	{ "film fabularny", M },
	{ "serial obyczajowy", E },
	{ "Wiadomo\xc5\x9b"
	  "ci",
	    N },
	{ "program informacyjny", N },
	{ "Pi\xc5\x82ka no\xc5\xbcna", P },
	{ "dla dzieci", K },
	{ "film dokumentalny", 0 },
	{ "program sportowy", P },
	/* sv, no, da */
	{ "L\xc3\xa5ngfilm", M },
	{ "Nyheter", N },
	{ "Barnprogram", K },
	{ "Fotboll", P },
	{ "S\xc3\xa5popera", E },
	{ "Spillefilm", M },
	{ "Barne-TV", K },
	{ "Friidrett", P },
	{ "B\xc3\xb8rn", K },
	{ "Nyheder", N },
	{ "Fodbold", P },
	{ "Idr\xc3\xa6t", P },
	{ "Tegnefilm", K },
	{ "Dramaserier", E },
	/* fi */
	{ "Elokuva", M },
	{ "Toimintaelokuva", M },
	{ "Draamasarja", E },
	{ "Uutiset", N },
	{ "Ajankohtaisohjelma", N },
	{ "Urheilu", P },
	{ "J\xc3\xa4\xc3\xa4kiekko", P },
	{ "Lastenohjelma", K },
	/* cs */
	{ "Film", M },
	{ "Seri\xc3\xa1l", E },
	{ "Sportovn\xc3\xad po\xc5\x99"
	  "ad",
	    P },
	{ "Zpravodajstv\xc3\xad", N },
	{ "D\xc4\x9btsk\xc3\xbd po\xc5\x99"
	  "ad",
	    K },
	{ "Poh\xc3\xa1"
	  "dka",
	    K },
	/* ru */
	{ "Художественный фильм", M },
	{ "Фильмы", M },
	{ "Сериал", E },
	{ "Телесериалы", E },
	{ "Мультфильм", K },
	{ "Мультсериал", K | E },
	{ "Документальный фильм", 0 },
	{ "Многосерийный фильм", E },
	{ "Спорт", P },
	{ "Хоккей", P },
	{ "Новости", N },
	{ "Детский", K },
	/* tr */
	{ "Sinema", M },
	{ "Dizi", E },
	{ "Spor", P },
	{ "Haberler", N },
	{ "\xc3\x87ocuk", K },
	{ "\xc3\x87izgi Film", K },
	{ "Belgesel film", 0 },
	/* gr */
	{ "Ταινία", M },
	{ "Ξένη ταινία", M },
	{ "Σειρά", E },
	{ "Αθλητικά", P },
	{ "Ειδήσεις", N },
	{ "ΕΝΗΜΕΡΩΣΗ", N },
	{ "Παιδικά", K },
	{ "Ντοκιμαντέρ", 0 },
	/* ro */
	{ "Filme", M },
	{ "Seriale", E },
	{ "\xc8\x98tiri", N },
	{ "\xc5\x9etiri", N },
	{ "Fotbal", P },
	{ "Desene animate", K },
	/* hu */
	{ "J\xc3\xa1t\xc3\xa9kfilm", M },
	{ "Filmsorozat", E },
	{ "H\xc3\xad"
	  "rek",
	    N },
	{ "Labdar\xc3\xbag\xc3\xa1s", P },
	{ "Rajzfilm", K },
	{ "Gyerekm\xc5\xb1sor", K },
	{ "Dokumentumfilm", 0 },
	{ "Sportm\xc5\xb1sor", P },
};

START_TEST(categories_are_known_in_many_languages)
{
	unsigned kinds = rules_kinds_of(words[_i].category, strlen(words[_i].category));

	ck_assert_msg(kinds == words[_i].kinds, "%s: %x instead of %x", words[_i].category, kinds,
	    words[_i].kinds);
}
END_TEST

/* A needle with an accent, a capital or a doubled blank would never be found. */
START_TEST(the_table_holds_what_can_be_found)
{
	for (size_t i = 0; i < rules_words_count; i++) {
		const char *p = rules_words[i].needles;

		while (*p != '\0') {
			char folded[RULES_FOLD_MAX * 4];
			size_t len = strcspn(p, " "), n = rules_fold(p, len, folded);

			ck_assert_uint_gt(len, 3);
			ck_assert_msg(memmem(folded, n, p, len) != NULL, "%.*s", (int)len, p);
			p += len;
			if (*p == ' ')
				ck_assert_int_ne(*++p, ' ');
		}
	}
}
END_TEST

START_TEST(a_category_that_is_too_long_has_no_kind)
{
	char text[2000];

	for (size_t len = 0; len < sizeof(text); len++) {
		memset(text, 'x', len);
		memcpy(text, " film ", len < 6 ? len : 6);
		ck_assert_uint_eq(rules_kinds_of(text, len),
		    len >= 5 && len <= RULES_FOLD_MAX - 2 ? M : 0);
	}
	ck_assert_uint_eq(rules_kinds_of("film \xff", 6), 0);
}
END_TEST

UNIT_MAIN("rules", UNIT_ROWS(a_rule_changes_a_programme, ARRAY_LEN(changes)),
    UNIT_TEST(a_kind_gets_the_language_of_what_says_it),
    UNIT_TEST(what_is_below_an_element_goes_with_it), UNIT_TEST(channels_are_left_as_they_are),
    UNIT_ROWS(a_wrong_rule_is_named, ARRAY_LEN(wrong)),
    UNIT_TEST(there_may_be_many_rules_but_not_any_number),
    UNIT_ROWS(a_pattern_that_takes_too_long_does_not_match, ARRAY_LEN(patterns)),
    UNIT_TEST(a_long_text_keeps_its_end),
    UNIT_ROWS(categories_are_known_in_many_languages, ARRAY_LEN(words)),
    UNIT_TEST(the_table_holds_what_can_be_found),
    UNIT_TEST(a_category_that_is_too_long_has_no_kind))
