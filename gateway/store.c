#include "gateway/store.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"

/* PRAGMA user_version of the schema below. A newer one was written by a newer masthead. */
#define STORE_VERSION 1

struct store {
	sqlite3 *db;
};

static int
store_fail(struct store *store, struct err *err)
{
	return err_set(err, EIO, "%s", sqlite3_errmsg(store->db));
}

static int
store_exec(struct store *store, const char *sql, struct err *err)
{
	if (sqlite3_exec(store->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return store_fail(store, err);
	return 0;
}

static int
store_version(struct store *store, struct err *err)
{
	sqlite3_stmt *stmt = NULL;
	int version = -1;

	if (sqlite3_prepare_v2(store->db, "PRAGMA user_version", -1, &stmt, NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW)
		version = sqlite3_column_int(stmt, 0);
	else
		store_fail(store, err);
	sqlite3_finalize(stmt);
	return version < 0 ? -EIO : version;
}

static int
store_migrate(struct store *store, struct err *err)
{
	int version = store_version(store, err);

	if (version < 0)
		return version;
	if (version > STORE_VERSION)
		return err_set(err, EPROTO,
		    "was written by a newer masthead (schema %d, this one knows %d)", version,
		    STORE_VERSION);
	if (version == STORE_VERSION)
		return 0;
	return store_exec(store,
	    "BEGIN IMMEDIATE;"
	    "CREATE TABLE IF NOT EXISTS setting (key TEXT PRIMARY KEY, value TEXT NOT NULL)"
	    " WITHOUT ROWID;"
	    "PRAGMA user_version = 1;"
	    "COMMIT;",
	    err);
}

struct store *
store_open(const char *path, struct err *err)
{
	struct store *store = calloc(1, sizeof(*store));
	int rc;

	if (store == NULL) {
		err_set(err, ENOMEM, "out of memory");
		return NULL;
	}
	rc = sqlite3_open_v2(path, &store->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
	if (rc != SQLITE_OK)
		rc = store->db == NULL ? err_set(err, ENOMEM, "out of memory")
				       : store_fail(store, err);
	else
		rc = store_exec(store, "PRAGMA synchronous = FULL; PRAGMA busy_timeout = 2000",
		    err);
	if (rc == 0)
		rc = store_migrate(store, err);
	if (rc < 0) {
		err_wrap(err, "'%s'", path);
		store_close(store);
		return NULL;
	}
	(void)chmod(path, 0600);
	return store;
}

void
store_close(struct store *store)
{
	if (store == NULL)
		return;
	(void)sqlite3_close(store->db);
	free(store);
}

int
store_get(struct store *store, const char *key, struct buf *out, struct err *err)
{
	sqlite3_stmt *stmt = NULL;
	int rc = 0, step;

	if (sqlite3_prepare_v2(store->db, "SELECT value FROM setting WHERE key = ?", -1, &stmt,
		NULL) != SQLITE_OK)
		return store_fail(store, err);
	sqlite3_bind_text(stmt, 1, key, -1, SQLITE_STATIC);
	step = sqlite3_step(stmt);
	if (step == SQLITE_ROW) {
		buf_str(out, (const char *)sqlite3_column_text(stmt, 0));
		rc = 1;
	} else if (step != SQLITE_DONE) {
		rc = store_fail(store, err);
	}
	sqlite3_finalize(stmt);
	return rc;
}

int
store_set(struct store *store, const char *key, const char *value, struct err *err)
{
	static const char sql[] = "INSERT INTO setting (key, value) VALUES (?, ?)"
				  " ON CONFLICT (key) DO UPDATE SET value = excluded.value";
	sqlite3_stmt *stmt = NULL;
	int rc = 0;

	if (sqlite3_prepare_v2(store->db, sql, -1, &stmt, NULL) != SQLITE_OK)
		return store_fail(store, err);
	sqlite3_bind_text(stmt, 1, key, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 2, value, -1, SQLITE_STATIC);
	if (sqlite3_step(stmt) != SQLITE_DONE)
		rc = store_fail(store, err);
	sqlite3_finalize(stmt);
	return rc;
}
