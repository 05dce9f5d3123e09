#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/redact.h"
#include "base/url.h"
#include "gateway/config_parts.h"

/* Bytes of a file that holds a secret. */
#define SECRET_FILE_MAX (64u << 10)
#define SECRET_PATH_MAX 4096

const char *
config_env(char *const *env, const char *name)
{
	size_t len = strlen(name);

	for (; env != NULL && *env != NULL; env++) {
		if (strncmp(*env, name, len) == 0 && (*env)[len] == '=')
			return (*env)[len + 1] != '\0' ? *env + len + 1 : NULL;
	}
	return NULL;
}

/* A secret may be shown as it is, or percent-coded in a URL. */
static void
add_secret(struct buf *out, const char *value)
{
	struct buf coded = BUF_INIT(3 * SECRET_FILE_MAX);

	buf_str(out, value);
	redact_secret(value);
	url_add_encoded(&coded, value);
	redact_secret(coded.data);
	buf_release(&coded);
}

static int
add_env(const struct config_refs *refs, const char *name, struct buf *out, struct err *err)
{
	const char *value = config_env(refs->env, name);

	if (value == NULL)
		return err_set(err, EINVAL, "the environment variable %s is not set", name);
	add_secret(out, value);
	return 0;
}

static int
add_file(const char *path, struct buf *out, struct err *err)
{
	struct stat st;
	char *data;
	int rc;

	/* Nothing to wait on: a FIFO would hold the whole gateway up. */
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return err_set(err, EINVAL, "'%s' is not a regular file", path);
	rc = file_load(path, SECRET_FILE_MAX, &data, NULL, err);
	if (rc < 0)
		return rc;
	data[strcspn(data, "\r\n")] = '\0';
	if (*data == '\0')
		rc = err_set(err, EINVAL, "the first line of '%s' is empty", path);
	else
		add_secret(out, data);
	free(data);
	return rc;
}

static int
add_path(const struct config_refs *refs, const char *path, struct buf *out, struct err *err)
{
	struct buf whole = BUF_INIT(SECRET_PATH_MAX);
	const char *slash = refs->path != NULL ? strrchr(refs->path, '/') : NULL;
	int rc;

	if (*path != '/' && slash != NULL)
		buf_add(&whole, refs->path, (size_t)(slash + 1 - refs->path));
	buf_str(&whole, path);
	rc = buf_status(&whole) < 0 ? err_set(err, ENAMETOOLONG, "the path is too long")
				    : add_file(whole.data, out, err);
	buf_release(&whole);
	return rc;
}

/* systemd.exec(5), LoadCredential=. */
static int
add_credential(const struct config_refs *refs, const char *name, struct buf *out, struct err *err)
{
	const char *dir = config_env(refs->env, "CREDENTIALS_DIRECTORY");
	struct buf path = BUF_INIT(SECRET_PATH_MAX);
	int rc;

	if (dir == NULL)
		return err_set(err, EINVAL,
		    "${cred:%s} needs a service manager that sets CREDENTIALS_DIRECTORY", name);
	if (strchr(name, '/') != NULL || *name == '.')
		return err_set(err, EINVAL, "'%s' is not the name of a credential", name);
	buf_printf(&path, "%s/%s", dir, name);
	rc = buf_status(&path) < 0 ? err_set(err, ENAMETOOLONG, "the path is too long")
				   : add_file(path.data, out, err);
	buf_release(&path);
	return rc;
}

/* `what` is the text between the braces. */
static int
add_reference(const struct config_refs *refs, const char *what, struct buf *out, struct err *err)
{
	const char *colon = strchr(what, ':');

	if (colon != NULL && colon[1] != '\0') {
		if (strncmp(what, "env:", 4) == 0)
			return add_env(refs, colon + 1, out, err);
		if (strncmp(what, "file:", 5) == 0)
			return add_path(refs, colon + 1, out, err);
		if (strncmp(what, "cred:", 5) == 0)
			return add_credential(refs, colon + 1, out, err);
	}
	return err_set(err, EINVAL,
	    "'${%.60s}' is no reference; there are ${env:NAME}, ${file:PATH} and ${cred:NAME}, "
	    "and $${ for a plain ${",
	    what);
}

int
config_expand(void *arg, const char *text, struct buf *out, struct err *err)
{
	const struct config_refs *refs = arg;
	const char *mark, *end;
	char *what;
	int rc = 0;

	while (rc == 0 && (mark = strstr(text, "${")) != NULL) {
		if (mark > text && mark[-1] == '$') {
			buf_add(out, text, (size_t)(mark - 1 - text));
			buf_str(out, "${");
			text = mark + 2;
			continue;
		}
		buf_add(out, text, (size_t)(mark - text));
		end = strchr(mark, '}');
		if (end == NULL)
			return err_set(err, EINVAL, "'${' without its '}'");
		what = strndup(mark + 2, (size_t)(end - mark - 2));
		if (what == NULL)
			return err_set(err, ENOMEM, "out of memory");
		rc = add_reference(refs, what, out, err);
		free(what);
		text = end + 1;
	}
	buf_str(out, text);
	return rc;
}
