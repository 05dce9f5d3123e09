#include "epg/rules_words.h"

#include <string.h>
#include <utf8proc.h>

#include "base/list.h"

const char *const rules_kind_names[RULES_KINDS] = {
	[RULES_MOVIE] = "Movie",
	[RULES_SERIES] = "Series",
	[RULES_SPORTS] = "Sports",
	[RULES_NEWS] = "News",
	[RULES_KIDS] = "Kids",
};

/*
 * _film_ is a word, film_ the end of one (Spielfilm), _sport the beginning (sportovní).
 * Languages that join words have ends here, those that inflect them beginnings.
 */
const struct rules_words rules_words[] = {
	/* many languages */
	{ "_movie _movies_ film_ _films_ _filme_ _cinema_ _sinema _kino_", RULES_MOVIE, 0 },
	{ "serie_ series_ serien_ serier_ _serial _soap _sitcom _telenovel _novela _miniseri",
	    RULES_SERIES, 0 },
	{ "_sport _motorsport _wintersport _football _basket _baseball _rugby _cricket _golf_ "
	  "_tennis _tenis _handbal _handbol _hockey _volley _biathlon _formula_1_ _formel_1_ "
	  "_formule_1_ _mma_ _ufc_ _wwe_ _nba_ _nfl_ _nhl_ _mlb_",
	    RULES_SPORTS, 0 },
	{ "_news _current_affairs_", RULES_NEWS, 0 },
	{ "_kids _children _childs_ _preschool _toddler _cartoon", RULES_KIDS, 0 },

	/* de */
	{ "_filmkomodie_ _filmdrama_", RULES_MOVIE, 0 },
	{ "_seifenoper", RULES_SERIES, 0 },
	{ "fussball_ _fussball _eishockey _leichtathletik _radsport _boxen_ _skispringen_ "
	  "_ski_alpin wassersport_ pferdesport_ kampfsport_",
	    RULES_SPORTS, 0 },
	{ "nachrichten_ _nachricht _tagesschau_", RULES_NEWS, 0 },
	{ "_kinder _zeichentrick _trickfilm _trickserie", RULES_KIDS, 0 },
	/* fr */
	{ "_long_metrage_", RULES_MOVIE, 0 },
	{ "_feuilleton", RULES_SERIES, 0 },
	{ "_boxe_ _cyclisme_ _athletisme_", RULES_SPORTS, 0 },
	{ "_journal_ _jt_ _infos_ _informations_ _d_information_ _actualite", RULES_NEWS, 0 },
	{ "_enfant _jeunesse_ _dessin_anime_ _dessins_animes_", RULES_KIDS, 0 },
	/* es, pt */
	{ "_cine_ _pelicula _largometraje _filmes_ _longa_metragem_", RULES_MOVIE, 0 },
	{ "_folhetim", RULES_SERIES, 0 },
	{ "_deporte _deportiv _desporto _esporte _futbol _futebol _futsal_ _baloncesto_ "
	  "_balonmano_ _ciclismo_ _atletismo_ _boxeo_ _voleibol_",
	    RULES_SPORTS, 0 },
	{ "_noticia _noticier _informativo _telediario _actualidad_ _telejornal _jornalis "
	  "_informacao_ _atualidade",
	    RULES_NEWS, 0 },
	{ "_infantil _infantis_ _dibujos_animados_ _ninos_ _crianca _desenho_animado_ "
	  "_desenhos_animados_",
	    RULES_KIDS, 0 },
	/* it */
	{ "_lungometraggi", RULES_MOVIE, 0 },
	{ "_calcio_ _serie_a_ _serie_b_ _pallacanestro_ _pallavolo_ _atletica_ _pugilato_",
	    RULES_SPORTS, 0 },
	{ "_telegiornal _tg_ _notiziari _notizie_ _informazione_ _attualita_", RULES_NEWS, 0 },
	{ "_bambini_ _ragazzi_ _cartoni_animati_ _cartone_animato_", RULES_KIDS, 0 },
	/* nl */
	{ "_voetbal _wielrennen_ _schaatsen_ _atletiek_ _boksen_", RULES_SPORTS, 0 },
	{ "_nieuws _journaal_ _actualiteiten", RULES_NEWS, 0 },
	{ "_jeugd _tekenfilm", RULES_KIDS, 0 },
	/* pl */
	{ "_filmy_", RULES_MOVIE, 0 },
	{ "_piłka_nozna_ _piłka_reczna_ _koszykowka_ _siatkowka_ _hokej _kolarstwo_ _boks_ "
	  "_lekkoatletyka_ _zuzel_",
	    RULES_SPORTS, 0 },
	{ "_wiadomosci_ _informacyjn _informacje_ _publicysty", RULES_NEWS, 0 },
	{ "_dziecie _dzieci_ _kreskowk", RULES_KIDS, 0 },
	/* sv, no, da */
	{ "_filmer_ _spillefilm _spelfilm", RULES_MOVIE, 0 },
	{ "_sapopera_ _sapeopera_ _sæbeopera_", RULES_SERIES, 0 },
	{ "_fotboll _fotball _fodbold _ishockey _innebandy_ _friidrott _friidrett _atletik_ "
	  "_handbold _idrott _idrett _idræt _langrenn_ _skidor_ _boksing_ _boksning_",
	    RULES_SPORTS, 0 },
	{ "nyheter_ nyheder_ _nyhet _nyhed", RULES_NEWS, 0 },
	{ "_barn_ _barnprogram _barnfilm _barnserie _barne _børn _tecknad _tegnefilm", RULES_KIDS,
	    0 },
	/* fi */
	{ "elokuva_ elokuvat_", RULES_MOVIE, 0 },
	{ "sarja_ sarjat_ _saippua", RULES_SERIES, 0 },
	{ "_urheilu urheilu_ _jalkapallo _jaakiekko _koripallo _lentopallo _salibandy_ "
	  "_yleisurheilu _nyrkkeily_",
	    RULES_SPORTS, 0 },
	{ "_uutis uutiset_ _ajankohtais", RULES_NEWS, 0 },
	{ "_lasten _lapset_ _lapsille_ _piirros", RULES_KIDS, 0 },
	/* cs */
	{ "_fotbal _ledni_hokej _cyklistika_ _atletika_ _hazena_ _kosikova_", RULES_SPORTS, 0 },
	{ "_zpravy_ _zpravod _publicisti", RULES_NEWS, 0 },
	{ "_detsk _deti_ _pohadk", RULES_KIDS, 0 },
	/* ru */
	{ "_фильм фильм_ _кино_ _кинофильм", RULES_MOVIE, 0 },
	{ "сериал _многосериин", RULES_SERIES, 0 },
	{ "_спорт _футбол _хоккеи_ _баскетбол _теннис _волеибол _бокс_ _биатлон _автоспорт "
	  "_единоборства_",
	    RULES_SPORTS, 0 },
	{ "_новост _информационн _вести_ _известия_", RULES_NEWS, 0 },
	{ "_детск _детям_ _детеи_ _мульт", RULES_KIDS, 0 },
	/* tr */
	{ "_filmi_ _filmler", RULES_MOVIE, 0 },
	{ "_dizi", RULES_SERIES, 0 },
	{ "_spor_ _basketbol _voleybol _gures_", RULES_SPORTS, 0 },
	{ "_haber", RULES_NEWS, 0 },
	{ "_cocuk _cizgi_film", RULES_KIDS, 0 },
	/* gr */
	{ "_ταινι _κινηματογραφ _σινεμα_", RULES_MOVIE, 0 },
	{ "_σειρα_ _σειρεσ_ _σιριαλ_ _σαπουνοπερα_", RULES_SERIES, 0 },
	{ "_αθλη _σπορ _ποδοσφαιρ _μπασκετ", RULES_SPORTS, 0 },
	{ "_ειδησ _ενημερωσ _ενημερωτ _δελτιο_", RULES_NEWS, 0 },
	{ "_παιδικ _παιδια_ _κινουμενα_σχεδια_", RULES_KIDS, 0 },
	/* ro */
	{ "_filmul _lungmetraj", RULES_MOVIE, 0 },
	{ "_hochei_ _handbal _ciclism_ _atletism_ _box_", RULES_SPORTS, 0 },
	{ "_stiri_ _stirile_ _jurnal_ _telejurnal _actualitat", RULES_NEWS, 0 },
	{ "_copii_ _copiilor_ _desene_animate_ _desen_animat_", RULES_KIDS, 0 },
	/* hu */
	{ "_mozi _filmek_", RULES_MOVIE, 0 },
	{ "sorozat_ sorozatok_ _szappanopera_", RULES_SERIES, 0 },
	{ "_labdarug _foci_ _kosarlabda _kezilabda _jegkorong_ _vizilabda_ _okolvivas_ "
	  "_atletika_",
	    RULES_SPORTS, 0 },
	{ "_hirek_ _hirado _hirmusor", RULES_NEWS, 0 },
	{ "_gyerek _gyermek _mese_ _mesefilm _rajzfilm", RULES_KIDS, 0 },

	/* Documentaries, shorts and cartoons are films in their languages' words, no movies. */
	{ "_dokument _document _doku _docu _документ _ντοκιμαντερ _belgesel _ismeretterjeszt "
	  "_termeszetfilm _naturfilm _kurzfilm _court_metrage _cortometra _curta_metragem_ "
	  "_short_film _kortfilm _lyhytelokuv _kratky_film _kisfilm _tekenfilm _tegnefilm "
	  "rajzfilm_ _cizgi_film _мульт _многосериин",
	    RULES_MOVIE, 1 },
	/* In French it is a film made for television, in Italian a series. */
	{ "_telefilm", RULES_MOVIE, 1 },
	/* Leagues. */
	{ "_serie_a_ _serie_b_ _serie_c_ _world_series_", RULES_SERIES, 1 },
	{ "_sportfilm _sportdrama", RULES_SPORTS, 1 },
};
const size_t rules_words_count = ARRAY_LEN(rules_words);

static _Bool
is_word(utf8proc_int32_t c)
{
	utf8proc_category_t category = utf8proc_category(c);

	return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) ||
	    (category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO);
}

size_t
rules_fold(const char *category, size_t len, char out[RULES_FOLD_MAX * 4])
{
	utf8proc_int32_t chars[RULES_FOLD_MAX];
	utf8proc_ssize_t count;
	size_t n = 0;

	if (len > RULES_FOLD_MAX * 4)
		return 0;
	count = utf8proc_decompose((const utf8proc_uint8_t *)category, (utf8proc_ssize_t)len, chars,
	    RULES_FOLD_MAX - 2, UTF8PROC_DECOMPOSE | UTF8PROC_STRIPMARK | UTF8PROC_CASEFOLD);
	if (count < 0 || count > RULES_FOLD_MAX - 2)
		return 0;
	out[n++] = '_';
	for (utf8proc_ssize_t i = 0; i < count; i++) {
		if (is_word(chars[i]))
			n += (size_t)utf8proc_encode_char(chars[i], (utf8proc_uint8_t *)out + n);
		else if (out[n - 1] != '_')
			out[n++] = '_';
	}
	if (out[n - 1] != '_')
		out[n++] = '_';
	return n;
}

static _Bool
has_any(const char *text, size_t len, const char *needles)
{
	while (*needles != '\0') {
		size_t n = strcspn(needles, " ");

		if (memmem(text, len, needles, n) != NULL)
			return 1;
		needles += n;
		needles += strspn(needles, " ");
	}
	return 0;
}

unsigned
rules_kinds_of(const char *category, size_t len)
{
	char text[RULES_FOLD_MAX * 4];
	unsigned kinds = 0, denied = 0;
	size_t n = rules_fold(category, len, text);

	for (size_t i = 0; i < rules_words_count; i++) {
		if (has_any(text, n, rules_words[i].needles))
			*(rules_words[i].denied ? &denied : &kinds) |= 1u << rules_words[i].kind;
	}
	return kinds & ~denied;
}
