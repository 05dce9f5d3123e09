#include <stddef.h>

#include "base/opt.h"
#include "base/url.h"
#include "epg/rules.h"
#include "gateway/allow.h"
#include "gateway/channels.h"
#include "gateway/config.h"
#include "gateway/config_parts.h"
#include "gateway/guide.h"
#include "gateway/tuner/device.h"

#define AT(field)  .offset = offsetof(struct config, field)
#define NUM(field) .count_offset = offsetof(struct config, field)

#define SECOND UINT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define MIB    (UINT64_C(1) << 20)

/* In the order of enum log_level. */
static const char *const log_levels[] = { "error", "warn", "info", "debug", NULL };

static const struct opt log_rows[] = {
	{ "level", OPT_WORD, AT(log_level), .fallback = "info", .words = log_levels,
	    .help = "How much is said. debug shows every step of every stream." },
	OPT_END,
};

static const char *const truth[] = { "false", "true", NULL };

#define PLAYLIST(field) .offset = offsetof(struct config_playlist, field)

static const struct opt playlist_rows[] = {
	{ "name", OPT_TEXT, OPT_REQUIRED | OPT_UNIQUE, PLAYLIST(source.name), .max = 40,
	    .check = config_check_name, .example = "acme",
	    .help = "What it is called everywhere. Changing it makes it another playlist." },
	{ "url", OPT_TEXT, OPT_REQUIRED | OPT_PRIVATE, PLAYLIST(source.url), .max = URL_MAX,
	    .check = config_check_source_url,
	    .example = "https://acme.example/get.php?username=${env:ACME_USER}"
		       "&password=${file:acme.pw}&type=m3u_plus",
	    .help =
		"Where it is: http://, https:// or file:/ and a path, or demo: for the built-in "
		"test cards." },
	{ "user_agent", OPT_TEXT, PLAYLIST(source.user_agent), .max = 256, .example = "VLC/3.0.20",
	    .otherwise = "Masthead",
	    .help = "The player that we say we are, to the provider's list and its streams." },
	{ "headers", OPT_TEXTS, OPT_PRIVATE, PLAYLIST(source.headers),
	    .count_offset = offsetof(struct config_playlist, source.header_count), .max = 32,
	    .check = config_check_header, .example = "Referer: https://acme.example/",
	    .otherwise = "none", .help = "More HTTP headers for them, each as 'Name: value'." },
	{ "proxy", OPT_TEXT, OPT_PRIVATE, PLAYLIST(source.proxy), .max = 1024,
	    .check = config_check_proxy, .example = "socks5h://127.0.0.1:1080", .otherwise = "none",
	    .help = "The way to the provider: http://, https://, socks5:// or socks5h://." },
	{ "max_streams", OPT_UINT, PLAYLIST(max_streams), .max = 1000, .fallback = "0",
	    .help = "Connections that the account allows at a time; never more are opened. "
		    "Viewers of one channel share one. 0 is any number." },
	{ "refresh", OPT_TEXT, PLAYLIST(source.refresh), .max = 16, .check = config_check_refresh,
	    .fallback = "6h",
	    .help = "How often the list is read again, 1m to 30d, or when, as in '04:30' (a few "
		    "minutes later, so as not to call in step with others). 0 is at the start and "
		    "on demand only. A local file is also read whenever it changes." },
	{ "shrink_percent", OPT_UINT, PLAYLIST(source.shrink_percent), .max = 100, .fallback = "50",
	    .help =
		"A list that has lost more than this share of its entries is not taken; the last "
		"good one stays. 100 takes any list that has an entry." },
	OPT_END,
};

static const char *const offsets[] = { "use", "ignore", NULL };

#define GUIDE(field) .offset = offsetof(struct config_guide, field)

static const struct opt guide_rows[] = {
	{ "name", OPT_TEXT, OPT_REQUIRED | OPT_UNIQUE, GUIDE(source.name), .max = 40,
	    .check = config_check_name, .example = "uk", .help = "What it is called everywhere." },
	{ "url", OPT_TEXT, OPT_REQUIRED | OPT_PRIVATE, GUIDE(source.url), .max = URL_MAX,
	    .check = config_check_source_url, .example = "https://guide.example/uk.xml.gz",
	    .help =
		"Where it is: http://, https:// or file:/ and a path, or demo: for the test cards' "
		"guide." },
	{ "user_agent", OPT_TEXT, GUIDE(source.user_agent), .max = 256, .example = "VLC/3.0.20",
	    .otherwise = "Masthead", .help = "The program that we say we are." },
	{ "headers", OPT_TEXTS, OPT_PRIVATE, GUIDE(source.headers),
	    .count_offset = offsetof(struct config_guide, source.header_count), .max = 32,
	    .check = config_check_header, .example = "Accept-Language: en", .otherwise = "none",
	    .help = "More HTTP headers, each as 'Name: value'." },
	{ "proxy", OPT_TEXT, OPT_PRIVATE, GUIDE(source.proxy), .max = 1024,
	    .check = config_check_proxy, .example = "http://127.0.0.1:3128", .otherwise = "none",
	    .help = "The way to it: http://, https://, socks5:// or socks5h://." },
	{ "refresh", OPT_TEXT, GUIDE(source.refresh), .max = 16, .check = config_check_refresh,
	    .fallback = "12h", .help = "When it is read again, as for playlists." },
	{ "shrink_percent", OPT_UINT, GUIDE(source.shrink_percent), .max = 100, .fallback = "50",
	    .help = "One that has lost more than this share of its channels or programmes is not "
		    "taken; the last good one stays. 100 takes any that has a programme." },
	{ "timeshift", OPT_TEXT, GUIDE(timeshift), .max = 16, .check = config_check_timeshift,
	    .fallback = "0", .example = "+1h",
	    .help = "Added to all its times, for one that is early or late: '+1h', '-30m'. A "
		    "channel's tvg-shift in the playlist comes on top." },
	{ "zone", OPT_TEXT, GUIDE(zone), .max = 64, .check = config_check_zone,
	    .example = "Europe/London", .otherwise = "UTC",
	    .help = "The time zone of those of its times that do not say one." },
	{ "offsets", OPT_WORD, GUIDE(ignore_offsets), .fallback = "use", .words = offsets,
	    .help = "ignore: what its times say of their zone is wrong; they are in 'zone'." },
	OPT_END,
};

static const char *const merges[] = { "first", "fill", NULL };

static const struct opt merged_rows[] = {
	{ "days_back", OPT_UINT, AT(guide.days_back), .max = 14, .fallback = "1",
	    .help = "So many past days are in it." },
	{ "days", OPT_UINT, AT(guide.days), .min = 1, .max = 60, .fallback = "14",
	    .help = "And so many days to come, as far as the sources go." },
	{ "merge", OPT_WORD, AT(guide.fill), .fallback = "fill", .words = merges,
	    .help = "first: a channel's programmes come from the first source that has it. fill: "
		    "and the gaps between them from the next that has it." },
	{ "made_up", OPT_MSEC, OPT_ZERO, AT(guide.made_up_ms), .min = 30 * MINUTE, .max = 3 * HOUR,
	    .fallback = "2h",
	    .help = "Channels that no source has get a made-up guide, in blocks of this length, so "
		    "that media servers show them at all. 0: they get none." },
	{ "events", OPT_WORD, AT(guide.events), .fallback = "true", .words = truth,
	    .help = "Channels whose name tells an event and its time, as in 'PPV 3: A v B 21:00', "
		    "get that event." },
	{ "categories", OPT_WORD, AT(guide.categories), .fallback = "true", .words = truth,
	    .help = "Categories in many languages also become those that Plex, Emby and Jellyfin "
		    "know: movie, series, sports, news, kids." },
	{ "rules", OPT_TEXTS, AT(guide.rules), NUM(guide.rule_count), .max = RULES_MAX - 1,
	    .check = config_check_rule, .otherwise = "none",
	    .example = "drop title /teleshopping/\nreplace title / [(]R[)]$/\n"
		       "category /fu.?ball/ sports\nwithout credits",
	    .help = "What is changed in programmes, a text each: 'drop FIELD /PATTERN/', 'replace "
		    "FIELD /PATTERN/ TO', 'category /PATTERN/ KIND', 'set FIELD /PATTERN/ KIND', "
		    "'without ELEMENT', 'repeats' (what is not new is marked as shown before). "
		    "FIELD is title, sub-title, desc "
		    "or category; patterns are Perl's, without regard to case." },
	OPT_END,
};

static const struct opt image_rows[] = {
	{ "proxy", OPT_WORD, AT(images.proxy), .fallback = "false", .words = truth,
	    .help = "Logos and pictures of programmes are fetched once, kept, and handed out under "
		    "our address, so that clients need no internet." },
	{ "space", OPT_SIZE, AT(images.space_bytes), .min = 16 * MIB, .max = 64 * 1024 * MIB,
	    .fallback = "256MiB", .help = "What they may take of the disk." },
	{ "age", OPT_MSEC, AT(images.age_ms), .min = HOUR, .max = 365 * DAY, .fallback = "30d",
	    .help = "One that is older is fetched again when it is asked for." },
	{ "logos", OPT_TEXT, AT(images.logos), .max = 1024, .example = "/media/logos",
	    .otherwise = "`logos` in the data folder",
	    .help = "A folder with logos of channels, which go before the playlists'." },
	OPT_END,
};

#define DEVICE(field) .offset = offsetof(struct config_device, field)

static const struct opt device_rows[] = {
	{ "name", OPT_TEXT, OPT_UNIQUE, DEVICE(name), .max = 64, .fallback = "Masthead",
	    .help = "What Plex, Emby and Jellyfin show." },
	{ "tuners", OPT_UINT, DEVICE(tuners), .min = 1, .max = DEVICE_TUNERS_MAX, .fallback = "4",
	    .help = "Channels that clients may have from it at a time. Media servers remember the "
		    "number that they saw when the tuner was added." },
	{ "id", OPT_TEXT, OPT_UNIQUE, DEVICE(id), .max = 16, .check = config_check_device_id,
	    .example = "10AF6F4B", .otherwise = "made once and kept in the data folder",
	    .help = "The HDHomeRun device id, to take another tuner's place: eight hex digits." },
	OPT_END,
};

static const struct opt relay_rows[] = {
	{ "window", OPT_SIZE, AT(relay.window_bytes), .min = MIB, .max = 256 * MIB,
	    .fallback = "12MiB",
	    .help =
		"What is kept of a channel that is being watched, for all its viewers together." },
	{ "window_time", OPT_MSEC, AT(relay.window_ms), .min = SECOND, .max = 5 * MINUTE,
	    .fallback = "6s", .help = "And for how long, whichever is less." },
	{ "join_behind", OPT_MSEC, OPT_ZERO, AT(relay.join_behind_ms), .min = 100, .max = MINUTE,
	    .fallback = "5s",
	    .help = "How far behind the live edge a viewer starts. More fills a player's buffer at "
		    "once, so that the picture is there sooner; less is more live." },
	{ "linger", OPT_MSEC, OPT_ZERO, AT(relay.linger_ms), .min = 100, .max = HOUR,
	    .fallback = "20s",
	    .help = "How long a channel stays open after its last viewer has left, so that zapping "
		    "back is instant." },
	{ "connect_timeout", OPT_MSEC, AT(relay.connect_ms), .min = SECOND, .max = 2 * MINUTE,
	    .fallback = "8s",
	    .help = "How long a provider may take from being asked to the first packet." },
	{ "stall_timeout", OPT_MSEC, AT(relay.stall_ms), .min = 500, .max = 2 * MINUTE,
	    .fallback = "3s", .help = "After so much silence a stream is opened again." },
	{ "late_timeout", OPT_MSEC, AT(relay.late_ms), .min = SECOND, .max = 10 * MINUTE,
	    .fallback = "30s", .help = "A viewer that takes nothing for so long is dropped." },
	{ "sendfile_from", OPT_UINT, AT(relay.sendfile_from), .max = 10000, .fallback = "6",
	    .help = "From so many viewers on, a channel is sent by sendfile(2). 0 is never." },
	OPT_END,
};

const struct opt config_rows[] = {
	{ "listen", OPT_TEXTS, AT(listen), NUM(listen_count), .min = 1, .max = 16,
	    .fallback = "0.0.0.0:34400", .check = config_check_listen,
	    .help =
		"The addresses to answer on: ADDR:PORT, [V6]:PORT (port 0 is any) or unix:PATH." },
	{ "data", OPT_TEXT, AT(data), .max = 1024, .example = "/var/lib/masthead",
	    .otherwise = "`$STATE_DIRECTORY`, or `$XDG_STATE_HOME/masthead`, or "
			 "`~/.local/state/masthead`",
	    .help =
		"The folder for what was downloaded and decided. All but masthead.db in it can be "
		"deleted and comes back." },
	{ "public_url", OPT_TEXT, AT(public_url), .max = 1024, .check = config_check_public_url,
	    .example = "https://tv.example", .otherwise = "the address that the client used",
	    .help =
		"What the links that are handed out begin with, for use behind a reverse proxy." },
	{ "allow", OPT_TEXTS, AT(allow), NUM(allow_count), .min = 1, .max = 256,
	    .fallback = "127.0.0.0/8\n10.0.0.0/8\n172.16.0.0/12\n192.168.0.0/16\n169.254.0.0/16\n"
			"::1/128\nfc00::/7\nfe80::/10",
	    .check = allow_check,
	    .help = "The networks that may watch and read the lineup: tuners and playlists know no "
		    "login. The default is all private, link-local and loopback ones." },
	{ "log", OPT_GROUP, .rows = log_rows, .help = "The log, on stderr." },
	{ "playlists", OPT_GROUPS, AT(playlists), NUM(playlist_count), .max = CHANNELS_SOURCES_MAX,
	    .rows = playlist_rows, .size = sizeof(struct config_playlist),
	    .help =
		"Channel lists to read, in the order of their channels' numbers. Without one the "
		"built-in demo runs." },
	{ "guides", OPT_GROUPS, AT(guides), NUM(guide_count), .max = GUIDE_SOURCES_MAX,
	    .rows = guide_rows, .size = sizeof(struct config_guide),
	    .help = "XMLTV guides to read, the best first: what several have is the first's." },
	{ "guide", OPT_GROUP, .rows = merged_rows, .help = "The one guide that becomes of them." },
	{ "images", OPT_GROUP, .rows = image_rows, .help = "Logos and pictures." },
	{ "devices", OPT_GROUPS, AT(devices), NUM(device_count), .min = 1, .max = 16,
	    .rows = device_rows, .size = sizeof(struct config_device),
	    .help = "HDHomeRun tuners to be. Without one there is one with the defaults." },
	{ "relay", OPT_GROUP, .rows = relay_rows,
	    .help = "How streams are kept and handed on. The defaults are good." },
	OPT_END,
};
