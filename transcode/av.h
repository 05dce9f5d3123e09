/*
 * libavcodec, loaded at need. It and the hundred libraries behind it cost each
 * process that links them about 9 MB and 15 ms; only the test card's worker
 * wants them, so the gateway and the other workers do without.
 *
 * av_load comes before sandbox_enter: in the jail there are no files.
 */
#ifndef TRANSCODE_AV_H
#define TRANSCODE_AV_H

#include <libavcodec/avcodec.h>
#include <libavutil/opt.h>

struct err;

#define AV_FUNCTIONS(X)                 \
	X(avcodec_find_encoder_by_name) \
	X(avcodec_alloc_context3)       \
	X(avcodec_free_context)         \
	X(avcodec_open2)                \
	X(avcodec_send_frame)           \
	X(avcodec_receive_packet)       \
	X(av_packet_alloc)              \
	X(av_packet_free)               \
	X(av_frame_alloc)               \
	X(av_frame_free)                \
	X(av_frame_get_buffer)          \
	X(av_frame_make_writable)       \
	X(av_log_set_level)             \
	X(av_opt_set)                   \
	X(av_strerror)

/* A pointer to each, by its own name and with its own type. */
struct av {
#define AV_MEMBER(name) __typeof__(name) *name;
	AV_FUNCTIONS(AV_MEMBER)
#undef AV_MEMBER
};

/* The functions, the same for every call. NULL with *err (-ENOSYS): not on this machine. */
const struct av *av_load(struct err *err);

#endif
