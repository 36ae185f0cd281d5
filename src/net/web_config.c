/* SPDX-License-Identifier: Apache-2.0 */
#include "web_config.h"
#include <event2/bufferevent.h>
struct web_config *web_config_new(struct event_base *base, struct clock *clock, const struct log *log,
    struct str path, struct err *e) {(void)base;(void)clock;(void)log;(void)path;err_set(e, ERR_INVALID, "web configuration: not supported");return NULL;}
void web_config_free(struct web_config **w){(void)w;}
bool web_config_tls(const struct web_config *w){(void)w;return false;}
struct bufferevent *web_config_accept(struct web_config *w, struct event_base *base, int fd){(void)w;return bufferevent_socket_new(base,fd,BEV_OPT_CLOSE_ON_FREE);}
void web_config_headers(const struct web_config *w, struct api_response *r){(void)w;(void)r;}
void web_config_admit(struct web_config *w, const struct api_request *r, struct api_response *denial,
    void (*done)(void *arg, enum admission a), void *arg, void **pending){(void)w;(void)r;(void)denial;(void)pending;done(arg,ADMISSION_GRANTED);}
void web_config_abandon(void **pending){*pending=NULL;}
