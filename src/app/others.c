/* SPDX-License-Identifier: Apache-2.0 */
#include "others.h"

#include "cluster.h"
#include "common.h"

bool
others_open(struct server *s, struct err *e)
{
	return cluster_open(s, e) && common_open(s, e);
}

static void
share(struct port *port, const struct change *c)
{
	cluster_share(port, c);
	common_share(port, c);
}

void
others_port(struct server *s)
{
	if (s->o->cluster_listen_address.n + s->o->etcd_endpoints.n > 0)
		s->port.share = share;
	if (s->o->etcd_endpoints.n == 0)
		return;
	s->port.claim = common_claim;
	s->port.claim_over = common_claim_over;
	s->port.claim_result = common_claim_result;
}

void
others_join(struct server *s, const struct config *c, struct moment now)
{
	cluster_configured(s, c);
	cluster_join(s, now);
	common_join(s);
}

bool
others_rest(struct server *s)
{
	return common_rests(s);
}

bool
others_leave(struct server *s)
{
	cluster_leave(s);
	common_leave(s);
	return cluster_left(s) && common_left(s);
}

void
others_free(struct server *s)
{
	cluster_free(&s->cluster);
	common_free(&s->common);
}

void
others_env(struct server *s, struct api_env *env)
{
	cluster_env(s, env);
	common_env(s, env);
}
