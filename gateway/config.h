/*
 * The configuration: what the user wrote in YAML, the environment and on the
 * command line, checked and with every default filled in. The program never
 * writes it. docs/configuration.md is made from the same tables.
 *
 * Precedence: built-in < file < environment (MASTHEAD_PLAYLISTS__0__URL) <
 * command line. A variable's name may have _FILE at its end: then the value is in
 * that file. Secrets: ${env:NAME}, ${file:PATH} (its first line; a relative
 * path is beside the config file), ${cred:NAME} ($CREDENTIALS_DIRECTORY) in any
 * value; whoever loads a config gets their values, and the passwords in its
 * URLs, told to base/redact.h.
 */
#ifndef GATEWAY_CONFIG_H
#define GATEWAY_CONFIG_H

#include <stddef.h>
#include <stdint.h>

struct buf;
struct err;

/* What entries of `playlists` and of `guides` have in common. */
struct config_source {
	char *name;       /* unique; letters, digits, - _ . and blanks, at most 40 */
	char *url;        /* http(s):, file:, or demo: (the built-in test cards) */
	char *user_agent; /* NULL: ours */
	char **headers;   /* "Name: value" each, no CR or LF */
	size_t header_count;
	char *proxy;         /* http://, socks5://; NULL: none */
	char *refresh;       /* as it was written; what it says is in the next two */
	uint64_t refresh_ms; /* 0: at start and on demand only, or by the clock */
	int refresh_minute;  /* of the day, local time; -1: not by the clock */
	unsigned
	    shrink_percent; /* a refresh that loses more than this share is not taken: 0..100 */
};

/* One entry of `playlists`. */
struct config_playlist {
	struct config_source source;
	unsigned max_streams; /* connections that the account allows; 0: any number */
};

/* One entry of `guides`. */
struct config_guide {
	struct config_source source;
	char *timeshift;         /* as it was written */
	int32_t shift_s;         /* added to its times */
	char *zone;              /* "Europe/London", of times without an offset; NULL: UTC */
	unsigned ignore_offsets; /* bool: all its times are in `zone` */
};

/* One entry of `devices`. */
struct config_device {
	char *name;      /* what Plex shows; "Masthead" */
	unsigned tuners; /* 1 to 64 */
	char *id;        /* eight hex digits with a valid checksum; NULL: made once and stored */
};

struct config {
	char **listen; /* "ADDR:PORT" ([v6]:PORT) or "unix:PATH"; default one: 0.0.0.0:34400 */
	size_t listen_count;
	/* Folder; $STATE_DIRECTORY, $XDG_STATE_HOME/masthead or ~/.local/state/masthead. */
	char *data;
	char *public_url; /* what handed-out links begin with, no / at its end; NULL: the Host */
	/* Networks that may use the tuner side, "A.B.C.D/N"; private, link-local, loopback. */
	char **allow;
	size_t allow_count;
	unsigned log_level; /* enum log_level */

	struct config_playlist *playlists; /* at least one */
	size_t playlist_count;
	struct config_guide *guides;
	size_t guide_count;
	struct {
		unsigned days_back, days; /* the window; 1, 14 */
		unsigned fill;            /* bool: gaps are filled from the next source; 1 */
		uint64_t made_up_ms;      /* blocks of guides that are made up; 0: none are; 2 h */
		unsigned events;          /* bool: names with a time in them are programmes; 1 */
		unsigned categories;      /* bool: kinds by the built-in table; 1 */
		char **rules;             /* a line each of epg/rules.h */
		size_t rule_count;
	} guide;
	struct {
		unsigned proxy;       /* bool: pictures are handed out under our address; 0 */
		uint64_t space_bytes; /* for those, on the disk; 256 MiB */
		uint64_t age_ms;      /* older ones are fetched again; 30 d */
		char *logos;          /* folder with channels' logos; NULL: DATA/logos */
	} images;
	struct config_device *devices; /* at least one */
	size_t device_count;

	struct {
		uint64_t window_bytes; /* of a channel; 12 MiB */
		uint64_t window_ms;    /* of a channel; 6 s */
		uint64_t
		    join_behind_ms;     /* how far back a viewer starts; less than window_ms; 5 s */
		uint64_t linger_ms;     /* an upstream stays after its last viewer; 20 s */
		uint64_t connect_ms;    /* to a provider, until the first TS packet; 8 s */
		uint64_t stall_ms;      /* silence that counts as the end; 3 s */
		uint64_t late_ms;       /* a viewer that takes nothing is dropped; 30 s */
		unsigned sendfile_from; /* viewers from which sendfile is used; 6; 0: never */
	} relay;
	/* No playlist was configured: the built-in one stands in, an entry like any other. */
	_Bool demo;
};

/* Where settings come from besides the file. */
struct config_options {
	const char *path;       /* NULL: none (the demo, unless env or `set` name playlists) */
	const char *const *set; /* "key.path=value", NULL-terminated; may be NULL */
	char **environ_list;    /* environ; NULL: none */
};

/*
 * Every problem found, not only the first: "FILE:LINE:COL: key.path: what is wrong"; a name of a
 * variable or "command line" stands in place of the file. A warning has "warning: " before what is
 * wrong, may come from a load that succeeds, and is not counted.
 */
typedef void config_problem_cb(const char *problem, void *arg);

/*
 * Reads and checks. On success *ret is the caller's to config_free(). On
 * failure returns -EINVAL (or what opening the file gave), every problem was
 * told to `problem` (may be NULL), and *err holds the first with a count.
 */
int config_load(struct config **ret, const struct config_options *options,
    config_problem_cb *problem, void *arg, struct err *err);
/* The same with `text` in place of the file's content; options->path is only its name. */
int config_load_text(struct config **ret, const char *text, size_t len,
    const struct config_options *options, config_problem_cb *problem, void *arg, struct err *err);
void config_free(struct config *config);

/* The table as a commented YAML example, and as Markdown for docs/configuration.md. */
void config_print_example(struct buf *out);
void config_print_markdown(struct buf *out);

#endif
