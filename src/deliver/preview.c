/* SPDX-License-Identifier: Apache-2.0 */
/* Templates that are only tried. Their text is anybody's, so what they are parsed to is not kept. */
#include "base/mem.h"
#include "core/rehearsal.h"
#include "loop/workers.h"
#include "notify/data.h"
#include "outbox_private.h"
#include "tmpl/tmpl.h"

struct preview_job {
	struct job job;
	struct tmpl_preview *who;		/* NULL: nobody wants to know any more */
	struct notification *n;		/* held */
	struct attempt attempt;
	struct notify_env env;
	struct notes notes;		/* dropped */
	struct rand rand;
	struct str source, out;		/* in the attempt's arena */
	bool html, ok;
	struct err e;
};

/* In the thread. */
static void
run(struct job *j)
{
	struct preview_job *p = CONTAINER_OF(j, struct preview_job, job);

	p->ok = (p->html ? notify_html : notify_text)(&p->attempt, p->source, &p->out, &p->e);
}

static void
preview_free(struct preview_job *p)
{
	tmpl_forget_inline(p->attempt.tmpl);
	tmpl_view_end(&p->attempt.tmpl);
	notification_let_go(p->n);
	arena_free(&p->attempt.arena);
	mem_free(p);
}

static void
done(struct job *j)
{
	struct preview_job *p = CONTAINER_OF(j, struct preview_job, job);
	struct tmpl_preview *who = p->who;

	if (who != NULL) {
		who->job = NULL;
		who->over(who, p->out, p->ok ? NULL : &p->e);
	}
	preview_free(p);
}

static bool
have_thread(struct outbox *o, struct err *e)
{
	if (o->previewers == NULL)
		o->previewers = workers_new(o->o.base, 1, PREVIEWS_MAX, "preview", e);
	return o->previewers != NULL;
}

bool
outbox_preview(struct outbox *o, struct tmpl_preview *who, struct notification *n, struct str source, bool html, struct err *e)
{
	struct preview_job *p;

	if (!have_thread(o, e))
		return false;
	p = NEW(struct preview_job);
	p->job = (struct job){ .run = run, .done = done };
	p->who = who;
	p->n = n;
	p->html = html;
	p->attempt = (struct attempt){
		.env = &p->env,
		.n = n,
		.arena = arena_new(),
		.rand = &p->rand,
		.now = o->o.clock->now(o->o.clock),
		.max_steps = PREVIEW_STEPS,
		.max_output = PREVIEW_OUTPUT,
		.tmpl = tmpl_set_view(n->config->tmpl),
	};
	notes_init(&p->notes, o, p->attempt.arena);
	notes_env(&p->env, &p->notes);
	p->source = arena_str(p->attempt.arena, source);
	notification_hold(n);
	who->job = p;
	if (workers_submit(o->previewers, &p->job))
		return true;
	who->job = NULL;
	preview_free(p);
	return err_set(e, ERR_LIMIT, "%d templates are being tried already", PREVIEWS_MAX);
}

void
outbox_preview_off(struct tmpl_preview *p)
{
	if (p->job != NULL)
		p->job->who = NULL;
	p->job = NULL;
}
