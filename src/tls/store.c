/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/store.h"

#include <dirent.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <curl/curl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/compiler.h"
#include "base/hash.h"
#include "base/hex.h"
#include "base/mem.h"
#include "base/sbuf.h"

/* Different sets of authorities are few; with more of them the one used least lately goes. */
#define KEPT_MAX 16

struct kept {
	uint64_t hash, used;
	char *pem, *mark;
	size_t pem_n, mark_n;
	X509_STORE *store;		/* NULL: a free place */
};

static struct {
	pthread_mutex_t lock;
	uint64_t uses;
	struct kept kept[KEPT_MAX];
	X509_STORE *system;		/* NULL: not read yet */
	struct stat of_system;
} stores = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void
lock(void)
{
	pthread_mutex_lock(&stores.lock);
}

static void
unlock(void)
{
	pthread_mutex_unlock(&stores.lock);
}

static X509_STORE *
store_new(void)
{
	X509_STORE *s = X509_STORE_new();

	/* As libcurl would: a certificate that is trusted need not lead to a root. */
	if (s != NULL)
		X509_STORE_set_flags(s, X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN);
	return s;
}

static X509_STORE *
shared(X509_STORE *s)
{
	return s != NULL && X509_STORE_up_ref(s) == 1 ? s : NULL;
}

int
tls_no_password(char *buf, int size, int rwflag, void *arg)
{
	(void)buf;
	(void)size;
	(void)rwflag;
	(void)arg;
	return -1;
}

/* Text before the certificate is skipped by its reader. */
static void
put_mark(struct kept *k, X509 *first)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	char hex[2 * EVP_MAX_MD_SIZE + 1];
	unsigned digest_n = 0;
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	BIO *out = BIO_new(BIO_s_mem());
	char *pem = NULL;
	long n = 0;

	if (EVP_Digest(k->pem, k->pem_n, digest, &digest_n, EVP_sha256(), NULL) == 1 && out != NULL &&
	    PEM_write_bio_X509(out, first) == 1)
		n = BIO_get_mem_data(out, &pem);
	hex_encode(digest, digest_n, hex);
	sbuf_printf(&b, "%s\n", hex);
	sbuf_put(&b, pem, (size_t)n);
	k->mark = sbuf_take(&b, &k->mark_n);
	BIO_free(out);
}

static bool
parse(struct kept *k)
{
	BIO *b = BIO_new_mem_buf(k->pem, (int)k->pem_n);
	X509 *x;
	size_t n = 0;

	k->store = store_new();
	while (b != NULL && k->store != NULL && (x = PEM_read_bio_X509_AUX(b, NULL, tls_no_password, NULL)) != NULL) {
		bool ok = X509_STORE_add_cert(k->store, x) == 1;

		if (ok && n++ == 0)
			put_mark(k, x);
		X509_free(x);
	}
	BIO_free(b);
	ERR_clear_error();
	return n > 0;
}

static void
drop(struct kept *k)
{
	X509_STORE_free(k->store);
	mem_free(k->pem);
	mem_free(k->mark);
	*k = (struct kept){ 0 };
}

static struct kept *
find(uint64_t hash, struct str pem)
{
	for (size_t i = 0; i < KEPT_MAX; i++) {
		struct kept *k = &stores.kept[i];

		if (k->store != NULL && k->hash == hash && str_eq((struct str){ k->pem, k->pem_n }, pem))
			return k;
	}
	return NULL;
}

/* Takes k over. */
static struct kept *
keep(struct kept *k)
{
	struct kept *place = find(k->hash, (struct str){ k->pem, k->pem_n });

	if (place == NULL) {
		place = &stores.kept[0];
		for (size_t i = 1; i < KEPT_MAX; i++)
			if (stores.kept[i].used < place->used)
				place = &stores.kept[i];
	}
	drop(place);
	*place = *k;
	return place;
}

X509_STORE *
tls_store_of(struct str pem, struct arena *a, struct str *mark_out)
{
	uint64_t hash = hash_seeded(pem.p, pem.n);
	X509_STORE *out;
	struct kept *k;

	lock();
	k = find(hash, pem);
	if (k == NULL) {
		struct kept fresh = { .hash = hash, .pem = mem_strndup(pem.p, pem.n), .pem_n = pem.n };

		/* Nobody waits for the lock meanwhile; two who parse the same are no harm. */
		unlock();
		if (!parse(&fresh)) {
			drop(&fresh);
			return NULL;
		}
		lock();
		k = keep(&fresh);
	}
	k->used = ++stores.uses;
	out = shared(k->store);
	if (mark_out != NULL)
		*mark_out = arena_str(a, (struct str){ k->mark, k->mark_n });
	unlock();
	return out;
}

static bool
same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	    a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static const char *
of_environment(const char *name)
{
	const char *s = getenv(name);

	return s != NULL && s[0] != '\0' ? s : NULL;
}

/* Another name of what lies beside it, as most entries of a directory that OpenSSL searches by hash are. Go passes over them, too. */
static bool
named_twice(const char *path)
{
	char target[256];
	ssize_t n = readlink(path, target, sizeof(target));

	return n > 0 && memchr(target, '/', (size_t)n) == NULL;
}

/* Without `read`, which is loaded already: it often has all of them. */
static void
load_dir(X509_STORE *s, const char *path, const struct stat *read)
{
	DIR *dir = opendir(path);
	struct dirent *d;

	if (dir == NULL)
		return;
	while ((d = readdir(dir)) != NULL) {
		struct sbuf name = SBUF_INIT(SBUF_UNLIMITED);
		struct stat st;

		sbuf_printf(&name, "%s/%s", path, d->d_name);
		if (stat(name.p, &st) == 0 && S_ISREG(st.st_mode) && !same_file(&st, read) && !named_twice(name.p))
			(void)X509_STORE_load_file(s, name.p);
		sbuf_fini(&name);
	}
	closedir(dir);
}

/* As Go reads SSL_CERT_DIR: with colons between several, and files of any name. */
static void
load_dirs(X509_STORE *s, const char *dirs, const struct stat *read)
{
	char *copy = mem_strdup(dirs), *rest = NULL;

	for (char *one = strtok_r(copy, ":", &rest); one != NULL; one = strtok_r(NULL, ":", &rest))
		load_dir(s, one, read);
	mem_free(copy);
}

X509_STORE *
tls_store_system(void)
{
	const curl_version_info_data *v = curl_version_info(CURLVERSION_NOW);
	struct stat st = { 0 };
	const char *dirs = of_environment("SSL_CERT_DIR"), *file = of_environment("SSL_CERT_FILE");
	X509_STORE *s, *out;

	if (file == NULL)
		file = v->cainfo;
	if (file != NULL && (stat(file, &st) != 0 || !S_ISREG(st.st_mode)))
		st = (struct stat){ 0 };
	lock();
	out = same_file(&st, &stores.of_system) ? shared(stores.system) : NULL;
	unlock();
	if (out != NULL || (s = store_new()) == NULL)
		return out;
	if (S_ISREG(st.st_mode))
		(void)X509_STORE_load_file(s, file);
	if (dirs != NULL)
		load_dirs(s, dirs, &st);
	else if (v->capath != NULL)
		(void)X509_STORE_load_path(s, v->capath);
	ERR_clear_error();
	lock();
	X509_STORE_free(stores.system);
	stores.system = s;
	stores.of_system = st;
	out = shared(s);
	unlock();
	return out;
}
