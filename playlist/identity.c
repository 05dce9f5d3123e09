#include "playlist/identity.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/hash.h"
#include "base/list.h"

/* A part of a text. */
struct span {
	const char *p;
	size_t len;
};

static uint64_t
add(uint64_t hash, const char *mark, struct span s)
{
	hash = hash_fnv(hash, mark, 1);
	return hash_fnv(hash, s.p, s.len);
}

static struct span
cut(const char *text, const char *stop)
{
	return (struct span){ text, strcspn(text, stop) };
}

static _Bool
is_word(struct span s, const char *word)
{
	return s.len == strlen(word) && strncasecmp(s.p, word, s.len) == 0;
}

/* Letters and digits as they come out of a hash or a random number. */
static _Bool
is_token(struct span s)
{
	size_t digits = 0, letters = 0;

	for (size_t i = 0; i < s.len; i++) {
		digits += isdigit((unsigned char)s.p[i]) != 0;
		letters += isalpha((unsigned char)s.p[i]) != 0;
	}
	return s.len >= 16 && digits >= 3 && letters >= 3 && digits + letters == s.len;
}

/* Query parameters that say who asks and until when, not what for. */
static _Bool
is_account(struct span name)
{
	static const char *const words[] = { "username", "user", "login", "password", "pass", "pwd",
		"token", "access_token", "play_token", "auth", "authtoken", "apikey", "api_key",
		"key", "hash", "sig", "sign", "signature", "wmsauthsign", "hdnts", "hdnea",
		"expires", "expire", "expiry", "exp", "e", "st", "ts", "t", "time", "timestamp",
		"nonce", "session", "sessionid", "session_id", "sid", "jwt", "mac", "uuid" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (is_word(name, words[i]))
			return 1;
	}
	return 0;
}

static uint64_t
add_query(uint64_t hash, const char *query)
{
	while (*query != '\0' && *query != '#') {
		struct span pair = cut(query, "&#"), name = cut(query, "=&#");
		struct span value = { name.p + name.len, pair.len - name.len };

		if (value.len > 0) {
			value.p++;
			value.len--;
		}
		if (!is_account(name) && !is_token(value))
			hash = add(hash, "&", pair);
		query += pair.len + (query[pair.len] == '&');
	}
	return hash;
}

/* "123.ts" without ".ts"; its length is 0 if it is not a number. */
static struct span
stream_number(struct span s)
{
	size_t digits = 0;

	while (digits < s.len && isdigit((unsigned char)s.p[digits]))
		digits++;
	s.len = digits < s.len && s.p[digits] != '.' ? 0 : digits;
	return s;
}

/*
 * Xtream's /live/USER/PASS/ID.ts, /movie/..., /series/..., and /USER/PASS/ID,
 * which is live (protocols of the panel's own making; accounts and extension vary).
 */
static _Bool
add_xtream(uint64_t *hash, const struct span *parts, size_t count)
{
	static const struct span live = { "live", 4 };
	struct span kind = live, id;

	if (count != 3 && count != 4)
		return 0;
	id = stream_number(parts[count - 1]);
	if (id.len == 0)
		return 0;
	if (count == 4) {
		kind = parts[0];
		if (!is_word(kind, "live") && !is_word(kind, "movie") && !is_word(kind, "series"))
			return 0;
	}
	*hash = add(*hash, ":", kind);
	*hash = add(*hash, ":", id);
	return 1;
}

#define PARTS_MAX 16

/* The path without what may rotate in it. */
static uint64_t
add_path(uint64_t hash, struct span path)
{
	static const struct span any = { "*", 1 };
	struct span parts[PARTS_MAX];
	size_t count = 0;

	for (const char *p = path.p, *end = path.p + path.len; p < end;) {
		const char *stop = memchr(p, '/', (size_t)(end - p));
		struct span part = { p, (size_t)((stop == NULL ? end : stop) - p) };

		/* Too deep to be taken apart. */
		if (count == PARTS_MAX)
			return add(hash, "/", path);
		if (part.len > 0)
			parts[count++] = part;
		p += part.len + 1;
	}
	if (add_xtream(&hash, parts, count))
		return hash;
	for (size_t i = 0; i < count; i++)
		hash = add(hash, "/", i + 1 < count && is_token(parts[i]) ? any : parts[i]);
	return hash;
}

static void
url_evidence(struct evidence *ret, const char *url)
{
	const char *host = strstr(url, "://"), *at, *query;
	struct span place = { url, 0 }, path;
	uint64_t hash = HASH_FNV_INIT;

	ret->of[EVIDENCE_URL] = hash_fnv(HASH_FNV_INIT, url, strlen(url));
	if (host != NULL && strcspn(url, "/?#") == (size_t)(host + 1 - url)) {
		place = cut(host + 3, "/?#");
		at = memrchr(place.p, '@', place.len);
		if (at != NULL) {
			place.len -= (size_t)(at + 1 - place.p);
			place.p = at + 1;
		}
	}
	path = cut(place.p + place.len, "?#");
	query = path.p + path.len;
	query += *query == '?';

	hash = add(HASH_FNV_INIT, "@", place);
	hash = add(hash, "/", path);
	ret->of[EVIDENCE_ADDRESS] = add_query(hash, query);

	/* udp://@239.0.0.1:1234 has no path: what it plays is its place. */
	hash = path.len <= 1 ? add(HASH_FNV_INIT, "@", place) : add_path(HASH_FNV_INIT, path);
	ret->of[EVIDENCE_PATH] = add_query(hash, query);
}

static uint64_t
text_evidence(const char *text)
{
	uint64_t hash;

	if (text[0] == '\0')
		return 0;
	hash = hash_fnv(HASH_FNV_INIT, text, strlen(text));
	return hash == 0 ? 1 : hash;
}

void
identity_evidence(struct evidence *ret, const char *url, const char *tvg_id, const char *name,
    const char *group)
{
	url_evidence(ret, url);
	ret->of[EVIDENCE_GUIDE] = text_evidence(tvg_id);
	ret->of[EVIDENCE_NAME] = text_evidence(name);
	ret->of[EVIDENCE_GROUP] = text_evidence(group);
}
