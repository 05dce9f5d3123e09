#include "gateway/control.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "gateway/cmd.h"
#include "gateway/config.h"

#define TIMEOUT_MS 10000L

/* DATA/masthead.sock, with DATA from the options or the configuration. */
static int
socket_path(struct buf *out, const struct control_options *options, struct err *err)
{
	const struct cmd_settings settings = { .config = options->config };
	struct config *config;
	int rc = 0;

	if (options->data != NULL) {
		buf_printf(out, "%s/masthead.sock", options->data);
	} else {
		rc = cmd_read_config(&config, &settings, NULL, NULL, err);
		if (rc < 0)
			return rc;
		buf_printf(out, "%s/masthead.sock", config->data);
		config_free(config);
	}
	return buf_status(out);
}

static size_t
on_body(char *data, size_t size, size_t count, void *arg)
{
	struct buf *body = arg;

	buf_add(body, data, size * count);
	return buf_status(body) < 0 ? 0 : size * count;
}

static int
perform(const char *socket, const char *method, const char *url, struct buf *body, struct err *err)
{
	CURL *easy = curl_easy_init();
	CURLcode result;
	long status = 0;

	if (easy == NULL)
		return err_set(err, ENOMEM, "out of memory");
	curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, socket);
	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
	if (strcmp(method, "POST") == 0)
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, "");
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, TIMEOUT_MS);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, body);
	result = curl_easy_perform(easy);
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_cleanup(easy);
	if (result == CURLE_COULDNT_CONNECT && access(socket, W_OK) == -1 && errno == EACCES)
		return err_set(err, EACCES,
		    "'%s' is only for the gateway's user and root: run this as one of them",
		    socket);
	if (result == CURLE_COULDNT_CONNECT)
		return err_set(err, ENOENT,
		    "no gateway answers at '%s': is it running? name its folder with --data DIR",
		    socket);
	if (result != CURLE_OK)
		return err_set(err, EIO, "'%s': %s", socket, curl_easy_strerror(result));
	return (int)status;
}

int
control_request(const struct control_options *options, const char *method, const char *path,
    struct buf *ret_body, struct err *err)
{
	struct buf socket = BUF_INIT(4096);
	char url[256];
	int rc;

	snprintf(url, sizeof(url), "http://masthead%s", path);
	rc = socket_path(&socket, options, err);
	if (rc == 0)
		rc = perform(socket.data, method, url, ret_body, err);
	buf_release(&socket);
	return rc;
}
