#include "epg/reader_words.h"

#include <errno.h>

struct interning {
	const struct libxml *xml;
	xmlDictPtr dictionary;
	_Bool failed;
};

static const xmlChar *
intern(struct interning *in, const char *name)
{
	const xmlChar *word = in->xml->xmlDictLookup(in->dictionary, (const xmlChar *)name, -1);

	in->failed = in->failed || word == NULL;
	return word;
}

int
reader_words_init(struct reader_words *w, const struct libxml *xml, xmlDictPtr dictionary)
{
	struct interning in = { xml, dictionary, 0 };

	for (size_t i = 0; i < XMLTV_ELEMENTS; i++) {
		const struct xmltv_row *row = &xmltv_rows[i];

		w->elements[i] = intern(&in, row->name);
		for (size_t k = 0; k < XMLTV_ATTRS_MAX; k++)
			w->attrs[i][k] = row->attrs[k] == NULL ? NULL : intern(&in, row->attrs[k]);
	}
	for (size_t k = 0; k < XMLTV_PROGRAMME_ATTRS; k++)
		w->programme_attrs[k] = intern(&in, xmltv_programme_attrs[k]);
	w->channel = intern(&in, "channel");
	w->programme = intern(&in, "programme");
	w->id = intern(&in, "id");
	w->start = intern(&in, "start");
	w->stop = intern(&in, "stop");
	return in.failed ? -ENOMEM : 0;
}
