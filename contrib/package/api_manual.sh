#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# api_manual.sh: prints tocsin-api(7), from the table of routes, openapi.yaml and the lines below.
set -eu
cd "$(dirname "$0")/../.."
version=$(sed -n 's/^project(tocsin VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)

# Whatever openapi.yaml does not tell of: Alertmanager's own, and what is no JSON.
others() {
	cat <<-'END'
	GET / The web page.
	GET /metrics Metrics, as Prometheus or OpenMetrics text.
	GET /-/healthy 200 while the server runs.
	GET /-/ready 200 while state can be written, else 503 and why.
	POST /-/reload Loads the configuration anew; 500 and why when it is refused.
	GET /api/v2/alerts Alerts; parameters filter (repeatable), receiver, active, silenced, inhibited, unprocessed.
	POST /api/v2/alerts Takes a list of alerts. They are on disk when it is answered.
	GET /api/v2/alerts/groups Alerts by group; parameters as of /api/v2/alerts, and muted.
	GET /api/v2/receivers Names of receivers.
	GET /api/v2/status Version, cluster, and the configuration with its secrets hidden.
	GET /api/v2/silences Silences; parameter filter (repeatable).
	POST /api/v2/silences Makes or changes a silence. It is on disk when it is answered.
	GET /api/v2/silence/{silenceID} One silence.
	DELETE /api/v2/silence/{silenceID} Ends a silence.
	POST /api/ext/v1/backup A copy of the database.
	POST /api/ext/v1/webhook Takes the webhooks of Alertmanager and Grafana as alerts; parameter timeout.
	POST /api/ext/v1/sms/:gateway/report For gateways of text messages: what became of one; see api.md.
	GET /api/ext/v1/sms/:gateway/report The same.
	POST /api/ext/v1/sms/:gateway/reply For gateways: what somebody answered; ACK, SIL 2h or STATUS. See api.md.
	GET /api/ext/v1/sms/:gateway/reply The same.
	END
}

cat <<END
.\\" Made from the program's tables by contrib/package/api_manual.sh.
.TH tocsin-api 7 "" "tocsin $version" "tocsin manual"
.nh
.ad l
.SH NAME
tocsin-api \\- the HTTP interface of the alert router tocsin
.SH DESCRIPTION
Paths are below \\-\\-web.route\\-prefix. Those of /api/v2 are Alertmanager's, with its errors; those of /api/ext/v1 are tocsin's own: JSON, and
errors as {"error": {"code": ..., "message": ...}}. Behind each is what somebody must be allowed to who asks, where \\-\\-web.config.file
names users: read, write or administer. More is told in /usr/share/doc/tocsin/api.md and, for programs, openapi.yaml.
.SH ROUTES
END
{
	others
	echo
	cat contrib/openapi.yaml
	echo
	cat src/api/routes.def
} | awk '
	function escape(s) {
		gsub(/\\/, "\\e", s)
		gsub(/-/, "\\-", s)
		return s ~ /^[.'"'"']/ ? "\\&" s : s
	}
	/^(GET|POST|PUT|DELETE) \// && !openapi {
		key = $1 " " $2
		sub(/^[^ ]+ [^ ]+ /, "")
		told[key] = $0
		next
	}
	/^openapi:/ { openapi = 1 }
	/^components:/ { path = "" }
	openapi && /^  \/[^ ]*:$/ { path = $1; sub(/:$/, "", path) }
	openapi && path != "" && /^    [a-z]+:$/ { method = toupper($1); sub(/:$/, "", method) }
	openapi && path != "" && /^      summary: / { sub(/^ *summary: /, ""); told[method " /api/ext/v1" path] = $0 "." }
	openapi && path != "" && /^      parameters: / {
		list = ""
		rest = $0
		while (match(rest, /(parameters\/[a-z_]+|\{name: [a-z_]+, in: query)/)) {
			name = substr(rest, RSTART, RLENGTH)
			sub(/^parameters\//, "", name)
			sub(/^\{name: /, "", name)
			sub(/, in: query$/, "", name)
			if (index("/" path "/", "{" name "}") == 0)
				list = list (list == "" ? "" : ", ") name
			rest = substr(rest, RSTART + RLENGTH)
		}
		if (list != "")
			told[method " /api/ext/v1" path] = told[method " /api/ext/v1" path] " Parameters: " list "."
	}
	/^ROUTE\(/ {
		split($0, part, /, */)
		route = part[3]
		gsub(/"/, "", route)
		key = part[2] " " route
		if (!(key in told))
			next
		scope = part[5] == "READ" ? "read" : part[5] == "WRITE" ? "write" : "administer"
		printf ".TP\n.B %s\n%s (%s)\n", escape(key), escape(told[key]), scope
	}'
cat <<'END'
.SH SEE ALSO
.BR tocsin (1),
.BR tocsin.yml (5)
END
