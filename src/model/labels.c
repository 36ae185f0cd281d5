/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Label sets. Their strings are interned first: a set is then its names (label_names.h) and a row of values by number, which is compared as such.
 */
#include "model/labels.h"

#include <assert.h>
#include <endian.h>
#include <stddef.h>
#include <string.h>

#include "base/ascii.h"
#include "base/copy.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/nmap.h"
#include "base/numbered.h"
#include "base/quote.h"
#include "base/utf8.h"
#include "label_table.h"

/* Up to here insertion sort beats merging. */
#define SMALL 24

/* All live sets of this thread, by the seeded hashes of their strings: the two stored hashes can be collided at will. */
static _Thread_local struct nmap sets;
/* That of no labels, while there is one. */
static _Thread_local struct labels *none;

/* Most names differ in their first byte. */
static inline int
cmp_names(struct str a, struct str b)
{
	if (a.n > 0 && b.n > 0 && a.p[0] != b.p[0])
		return (unsigned char)a.p[0] - (unsigned char)b.p[0];
	return str_cmp(a, b);
}

/* Stable; true: some names are there more than once. */
static bool
insertion_sort(struct label_pair *p, size_t n)
{
	bool repeated = false;

	for (size_t i = 1; i < n; i++) {
		struct label_pair x = p[i];
		size_t k = i;
		int order = -1;

		for (; k > 0 && (order = cmp_names(p[k - 1].name, x.name)) > 0; k--)
			p[k] = p[k - 1];
		p[k] = x;
		repeated = repeated || order == 0;
	}
	return repeated;
}

/* Stable; `room` holds n pairs. */
static void
merge_sort(struct label_pair *p, size_t n, struct label_pair *room)
{
	size_t half = n / 2, i = 0, k = half, out = 0;

	if (n <= SMALL) {
		(void)insertion_sort(p, n);
		return;
	}
	merge_sort(p, half, room);
	merge_sort(p + half, n - half, room);
	memcpy(room, p, half * sizeof(*p));
	while (i < half && k < n)
		p[out++] = str_cmp(room[i].name, p[k].name) <= 0 ? room[i++] : p[k++];
	while (i < half)
		p[out++] = room[i++];
}

size_t
label_pairs_tidy(struct label_pair *pairs, size_t n)
{
	size_t i = 1, out = 0;

	while (i < n && cmp_names(pairs[i - 1].name, pairs[i].name) < 0)
		i++;
	if (i >= n)
		return n;
	if (n <= SMALL) {
		if (!insertion_sort(pairs, n))
			return n;
	} else {
		struct label_pair *room = mem_calloc(n / 2, sizeof(*room));

		merge_sort(pairs, n, room);
		mem_free(room);
	}
	for (i = 0; i < n; i++)
		if (i + 1 == n || !str_eq(pairs[i].name, pairs[i + 1].name))
			pairs[out++] = pairs[i];
	return out;
}

static uint64_t
mix_value(uint64_t h, const struct istr *value)
{
	return hash_mix(h, value->hash);
}

/* Values of a set that is to be found or made: their numbers. */
struct numbers {
	uint32_t *v;
	uint32_t few[32];
};

static void
numbers_init(struct numbers *n, size_t room)
{
	n->v = room <= ARRAY_LEN(n->few) ? n->few : mem_calloc(room, sizeof(n->v[0]));
}

static void
numbers_fini(struct numbers *n)
{
	if (n->v != n->few)
		mem_free(n->v);
}

static struct labels *
find_set(uint32_t hash, const struct label_names *names, const uint32_t *values, bool hashed)
{
	for (struct labels *l = nmap_first(&sets, hash); l != NULL; l = nmap_next(&sets, l, hash))
		if (l->names == names && l->hashed == hashed &&
		    (names->n == 0 || memcmp(l->values, values, names->n * sizeof(values[0])) == 0))
			return l;
	return NULL;
}

static void
unref_values(const uint32_t *values, size_t n)
{
	for (size_t i = 0; i < n; i++)
		istr_unref(numbered_at(values[i]));
}

static struct labels *
alloc_set(size_t n, bool hashed)
{
	size_t size = offsetof(struct labels, values) + n * sizeof(uint32_t);

	if (size < sizeof(struct labels))
		size = sizeof(struct labels);
	return hashed ? numbered_alloc_behind(sizeof(struct labels_hashes), size) : numbered_alloc(size);
}

static void
free_set(struct labels *l)
{
	if (l->hashed)
		numbered_free_behind(sizeof(struct labels_hashes), l);
	else
		numbered_free(l);
}

/* Takes the references over. */
static struct labels *
get_set(struct label_names *names, const uint32_t *values, uint32_t hash, bool hashed)
{
	struct labels *l = find_set(hash, names, values, hashed);
	size_t n = names->n;

	if (l != NULL) {
		unref_values(values, n);
		label_names_unref(names);
		return labels_ref(l);
	}
	l = alloc_set(n, hashed);
	*l = (struct labels){ .hash = hash, .refs = 1, .hashed = hashed, .names = names };
	if (n > 0)
		memcpy(l->values, values, n * sizeof(values[0]));
	if (hashed)
		label_hashes((struct labels_hashes *)l - 1, names, values);
	nmap_insert(&sets, l, hash);
	return l;
}

/* Takes the references to the names and n values over. */
static struct labels *
of_strings(struct label_names *names, struct istr *const *values, bool hashed)
{
	uint64_t hash = names->node.hash;
	struct numbers numbers UNSET;
	struct labels *l;

	numbers_init(&numbers, names->n);
	for (size_t i = 0; i < names->n; i++) {
		numbers.v[i] = numbered_of(values[i]);
		hash = mix_value(hash, values[i]);
	}
	l = get_set(names, numbers.v, (uint32_t)hash, hashed);
	numbers_fini(&numbers);
	return l;
}

struct labels *
labels_of_tidy(const struct label_pair *pairs, size_t n, bool hashed)
{
	struct istr *few[32] UNSET, **values = n <= ARRAY_LEN(few) ? few : mem_calloc(n, sizeof(values[0]));
	struct labels *l;

	istr_get_values(pairs, n, 0, values);
	l = of_strings(label_names_of(pairs, n), values, hashed);
	if (values != few)
		mem_free(values);
	return l;
}

struct labels *
labels_of_like(struct labels_like like, const struct label_pair *pairs, bool hashed)
{
	struct istr *values[32] UNSET;
	uint32_t n = labels_n(like.set);

	assert(n <= ARRAY_LEN(values));
	for (uint32_t i = 0; i < n; i++)
		if ((like.same >> i & 1) != 0)
			values[i] = istr_ref(labels_value(like.set, i));
	istr_get_values(pairs, n, like.same, values);
	return of_strings(label_names_ref(like.set->names), values, hashed);
}

struct labels *
labels_new_unhashed(struct label_pair *pairs, size_t n)
{
	return labels_of_tidy(pairs, label_pairs_tidy(pairs, n), false);
}

struct labels *
labels_new(struct label_pair *pairs, size_t n)
{
	return labels_of_tidy(pairs, label_pairs_tidy(pairs, n), true);
}

uint32_t
labels_ahead(const struct label *v, size_t n)
{
	uint64_t hash = label_names_hash(v, n);

	for (size_t i = 0; i < n; i++)
		hash = mix_value(hash, v[i].value);
	nmap_fetch(&sets, (uint32_t)hash);
	return (uint32_t)hash;
}

static struct labels *
get_ahead(const struct label *take, size_t n, uint32_t ahead, bool hashed)
{
	struct numbers numbers UNSET;
	struct labels *l;

	numbers_init(&numbers, n);
	for (size_t i = 0; i < n; i++)
		numbers.v[i] = numbered_of(take[i].value);
	l = get_set(label_names_take(take, n), numbers.v, ahead, hashed);
	numbers_fini(&numbers);
	return l;
}

struct labels *
labels_get_ahead_unhashed(const struct label *take, size_t n, uint32_t ahead)
{
	return get_ahead(take, n, ahead, false);
}

struct labels *
labels_get_ahead(const struct label *take, size_t n, uint32_t ahead)
{
	return get_ahead(take, n, ahead, true);
}

struct labels *
labels_ref(struct labels *l)
{
	assert(l->refs != 0 && l->refs < UINT32_MAX);
	l->refs++;
	return l;
}

void
labels_unref(struct labels *l)
{
	if (l == NULL)
		return;
	assert(l->refs != 0);
	if (--l->refs != 0)
		return;
	if (l == none)
		none = NULL;
	nmap_remove(&sets, l, l->hash);
	label_text_forget(l);
	unref_values(l->values, labels_n(l));
	label_names_unref(l->names);
	free_set(l);
}

/* A reference to a stranger goes, and with the last one the stranger. */
static void
drop_stranger(struct labels *l)
{
	assert(l->refs != 0);
	if (--l->refs != 0)
		return;
	for (uint32_t i = 0; i < labels_n(l); i++)
		istr_unref(istr_adopt(labels_value(l, i)));
	label_names_drop_stranger(l->names);
	free_set(l);
}

struct labels *
labels_adopt(struct labels *stranger)
{
	struct label_pair few[8] = { 0 }, *pairs;
	struct labels *own;
	uint32_t n;

	if (stranger == NULL)
		return NULL;
	n = labels_n(stranger);
	pairs = n <= ARRAY_LEN(few) ? few : mem_calloc(n, sizeof(*pairs));
	for (uint32_t i = 0; i < n; i++)
		pairs[i] = (struct label_pair){ istr_str(labels_name(stranger, i)), istr_str(labels_value(stranger, i)) };
	own = labels_of_tidy(pairs, n, stranger->hashed);
	if (pairs != few)
		mem_free(pairs);
	drop_stranger(stranger);
	return own;
}

void
interned_leave(void)
{
	istr_leave();
	label_names_leave();
	label_texts_leave();
	nmap_fini(&sets);
	none = NULL;
}

void
interned_expect(size_t times)
{
	nmap_reserve(&sets, times * sets.n);
	istr_expect(times);
}

bool
interned_shrink_some(struct work *w)
{
	return nmap_shrink_some(&sets, w) && label_texts_shrink_some(w) && label_names_shrink_some(w) &&
	    istr_shrink_some(w);
}

struct labels *
labels_empty(void)
{
	if (none != NULL)
		return labels_ref(none);
	none = labels_new(NULL, 0);
	return none;
}

uint64_t
labels_fingerprint_of(const struct label_pair *pairs, size_t n)
{
	uint64_t h = FNV64_INIT;

	for (size_t i = 0; i < n; i++) {
		h = fnv64_byte(fnv64(h, pairs[i].name.p, pairs[i].name.n), LABEL_SEPARATOR);
		h = fnv64_byte(fnv64(h, pairs[i].value.p, pairs[i].value.n), LABEL_SEPARATOR);
	}
	return h;
}

/* A digit of each of the 32 bits' four, the highest first. */
static void
put_hex(char out[8], uint64_t v)
{
	/* A byte for each, and 39 more for the letters: those that 6 more carry over. */
	v = (v | v << 16) & UINT64_C(0x0000FFFF0000FFFF);
	v = (v | v << 8) & UINT64_C(0x00FF00FF00FF00FF);
	v = (v | v << 4) & UINT64_C(0x0F0F0F0F0F0F0F0F);
	v += UINT64_C(0x3030303030303030) + ((v + UINT64_C(0x0606060606060606)) >> 4 & UINT64_C(0x0101010101010101)) * 39;
	v = htobe64(v);
	memcpy(out, &v, 8);
}

struct fingerprint_text
fingerprint_text(uint64_t fingerprint)
{
	struct fingerprint_text t;

	put_hex(t.s, fingerprint >> 32);
	put_hex(t.s + 8, fingerprint & UINT32_MAX);
	t.s[16] = '\0';
	return t;
}

bool
fingerprint_parse(struct str text, uint64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < text.n; i++) {
		int digit = ascii_hex(text.p[i]);

		if (digit < 0)
			return false;
		*out = *out << 4 | (uint64_t)digit;
	}
	return text.n > 0 && text.n <= 16;
}

/* The value of a name or NULL. */
static const struct istr *
find_value(const struct labels *l, struct str name)
{
	uint32_t low = 0, high = labels_n(l);

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		int d = str_cmp(istr_str(labels_name(l, mid)), name);

		if (d == 0)
			return labels_value(l, mid);
		if (d < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

struct str
labels_get(const struct labels *l, struct str name)
{
	return istr_str(find_value(l, name));
}

int
labels_cmp(const struct labels *a, const struct labels *b)
{
	if (a == b)
		return 0;
	if (labels_n(a) != labels_n(b))
		return labels_n(a) < labels_n(b) ? -1 : 1;
	for (uint32_t i = 0; i < labels_n(a); i++) {
		if (labels_name(a, i) != labels_name(b, i))
			/* The greater name: that set lacks the smaller one. */
			return -str_cmp(istr_str(labels_name(a, i)), istr_str(labels_name(b, i)));
		if (labels_value(a, i) != labels_value(b, i))
			return str_cmp(istr_str(labels_value(a, i)), istr_str(labels_value(b, i)));
	}
	return 0;
}

/* The name and what stands around it, in one piece. */
static void
put_name(struct sbuf *out, struct str name, bool first)
{
	char *p;

	if (!sbuf_reserve(out, name.n + strlen(", =")))
		return;
	p = out->p + out->n;
	if (!first) {
		*p++ = ',';
		*p++ = ' ';
	}
	p = copy_short(p, name.n > 0 ? name.p : "", name.n);
	*p++ = '=';
	*p = '\0';
	out->n = (size_t)(p - out->p);
}

void
labels_format(const struct labels *l, struct sbuf *out)
{
	sbuf_putc(out, '{');
	for (uint32_t i = 0; i < labels_n(l); i++) {
		put_name(out, istr_str(labels_name(l, i)), i == 0);
		quote_go(out, istr_str(labels_value(l, i)));
	}
	sbuf_putc(out, '}');
}

static bool
is_among(struct str s, const struct str *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(s, list[i]))
			return true;
	return false;
}

struct labels *
labels_select(const struct labels *l, const struct str *names, size_t n)
{
	struct label_pair small[16];
	struct label_pair *pairs = labels_n(l) <= 16 ? small : mem_calloc(labels_n(l), sizeof(*pairs));
	struct labels *selected;
	size_t k = 0;

	for (uint32_t i = 0; i < labels_n(l); i++) {
		struct str name = istr_str(labels_name(l, i));

		if (is_among(name, names, n))
			pairs[k++] = (struct label_pair){ name, istr_str(labels_value(l, i)) };
	}
	selected = labels_new(pairs, k);
	if (pairs != small)
		mem_free(pairs);
	return selected;
}

static bool
is_word(char c)
{
	return ascii_letter(c) || c == '_';
}

bool
label_name_valid(struct str name, enum naming naming)
{
	if (name.n == 0)
		return false;
	if (naming == NAMING_UTF8)
		return utf8_valid(name);
	if (!is_word(name.p[0]))
		return false;
	for (size_t i = 1; i < name.n; i++)
		if (!is_word(name.p[i]) && !ascii_digit(name.p[i]))
			return false;
	return true;
}

static bool
refuse(struct err *e, const char *what, struct str s)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	quote_go(&b, s);
	err_set(e, ERR_INVALID, "invalid %s %s", what, sbuf_cstr(&b));
	sbuf_fini(&b);
	return false;
}

/* Strings are few where labels are many, and sets of names fewer: each is looked at once. */
static bool
name_is_valid(struct istr *name, unsigned char bit, enum naming naming)
{
	if ((name->found & bit) == 0 && label_name_valid(istr_str(name), naming))
		name->found |= bit;
	return (name->found & bit) != 0;
}

static bool
check_names(struct label_names *names, enum naming naming, struct err *e)
{
	unsigned char bit = (unsigned char)(ISTR_NAME << naming);

	if ((names->found & bit) != 0)
		return true;
	for (uint32_t i = 0; i < names->n; i++)
		if (!name_is_valid(names->v[i], bit, naming))
			return refuse(e, "name", istr_str(names->v[i]));
	names->found |= bit;
	return true;
}

static bool
check_value(struct istr *value, struct err *e)
{
	if ((value->found & ISTR_VALUE) == 0 && utf8_valid(istr_str(value)))
		value->found |= ISTR_VALUE;
	return (value->found & ISTR_VALUE) != 0 || refuse(e, "value", istr_str(value));
}

bool
labels_check(struct labels *l, enum naming naming, bool utf8, struct err *e)
{
	unsigned char bit = (unsigned char)(1u << naming);

	if ((l->checked & bit) != 0)
		return true;
	if (!check_names(l->names, naming, e))
		return false;
	for (uint32_t i = 0; i < labels_n(l) && !utf8; i++)
		if (!check_value(labels_value(l, i), e))
			return false;
	l->checked |= bit;
	return true;
}
