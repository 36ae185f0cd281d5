# SPDX-License-Identifier: Apache-2.0
"""Spans as OTLP over HTTP in JSON: requests, flushes, attempts; traceparent in and out."""
import gzip
import json

CONFIG = """
route: {{receiver: hook, group_by: [alertname], group_wait: 100ms, group_interval: 1s, repeat_interval: 1h}}
receivers:
- {{name: hook, webhook_configs: [{{url: "{url}/hook"}}]}}
tracing: {tracing}
"""
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


def spans_of(sink):
    found = []
    for r in sink.items:
        if r["path"] != "/v1/traces":
            continue
        body = r["body"]
        if r["headers"].get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        document = json.loads(body)
        resource = {a["key"]: a["value"]["stringValue"]
                    for a in document["resourceSpans"][0]["resource"]["attributes"]}
        assert resource["service.name"] == "alertmanager"
        found += document["resourceSpans"][0]["scopeSpans"][0]["spans"]
    return found


def attributes(span):
    return {a["key"]: next(iter(a["value"].values())) for a in span["attributes"]}


def config(sink, **more):
    tracing = {"client_type": "http", "endpoint": sink.url.removeprefix("http://"), "insecure": True,
               "sampling_fraction": 1.0, "headers": {"X-Tenant": {"values": ["t1"]}}}
    tracing.update(more)
    return CONFIG.format(url=sink.url, tracing=json.dumps(tracing))


def test_a_notification_and_its_attempts(serve, sink):
    server = serve(config(sink, compression="gzip"))
    sink.replies["/hook"] = lambda _: 500 if len([i for i in sink.items if i["path"] == "/hook"]) == 1 else 200
    server.alert(alertname="A")
    hooks = sink.wait(2, lambda r: r["path"] == "/hook")
    server.stop()
    spans = spans_of(sink)
    (flush,) = [s for s in spans if s["name"] == "dispatch.AggregationGroup.flush"
                and attributes(s)["alerting.flush.id"] == "1"]
    attempts = [s for s in spans if s["name"] == "notify.Attempt"]
    assert attributes(flush)["alerting.aggregation_group.key"] == '{}:{alertname="A"}'
    assert "parentSpanId" not in flush and "status" not in flush
    assert [attributes(a)["alerting.notify.attempt"] for a in attempts] == ["1", "2"]
    assert attempts[0]["status"]["code"] == 2 and "500" in attempts[0]["status"]["message"]
    assert "status" not in attempts[1]
    for span, hook in zip(attempts, hooks):
        assert span["traceId"] == flush["traceId"] and span["parentSpanId"] == flush["spanId"]
        assert hook["headers"]["traceparent"] == f"00-{span['traceId']}-{span['spanId']}-01"
        assert int(span["startTimeUnixNano"]) <= int(span["endTimeUnixNano"])
    export = [r for r in sink.items if r["path"] == "/v1/traces"][0]
    assert export["headers"]["X-Tenant"] == "t1" and export["headers"]["Content-Type"] == "application/json"


def request(server, traceparent=None):
    headers = {"traceparent": traceparent} if traceparent else {}
    assert server.request("GET", "/api/v2/status", headers=headers)[0] == 200


def test_requests_go_on_with_the_trace_of_the_caller(serve, sink):
    server = serve(config(sink, sampling_fraction=0))
    request(server)
    request(server, f"00-{TRACE}-{PARENT}-00")
    request(server, "00-nonsense")
    request(server, f"00-{TRACE}-{PARENT}-01")
    server.stop()
    (span,) = spans_of(sink)
    assert span["traceId"] == TRACE and span["parentSpanId"] == PARENT
    assert span["name"] == "GET /api/v2/status" and span["kind"] == 2
    assert attributes(span)["http.response.status_code"] == "200"
    assert attributes(span)["http.route"] == "/api/v2/status"


def test_a_reload_turns_it_off_and_on(serve, sink):
    off = CONFIG.format(url=sink.url, tracing="{endpoint: 'c:4317', sampling_fraction: 1}")
    server = serve(off)
    assert any("level=WARN" in line and "client_type: http" in line for line in server.log)
    request(server)
    assert server.reload(config(sink))[0] == 200
    server.wait_log("Successfully installed a new tracer provider")
    request(server)
    assert server.reload(off)[0] == 200
    request(server)
    server.stop()
    assert len([s for s in spans_of(sink) if s["name"] == "GET /api/v2/status"]) <= 1


def test_a_collector_that_is_down_holds_nothing_up(serve, sink):
    server = serve(config(sink, endpoint="127.0.0.1:1"))
    server.alert(alertname="A")
    sink.wait(1, lambda r: r["path"] == "/hook")
    server.stop()
    assert any("OpenTelemetry handler returned an error" in line for line in server.log)


def test_files_that_are_not_there_are_refused_at_load(serve, sink):
    server = serve(config(sink))
    bad = config(sink, insecure=False, tls_config={"ca_file": "/nowhere/ca.pem"})
    status, _, body = server.reload(bad)
    assert status == 500 and b"failed to build a new tracer provider" in body and b"/nowhere/ca.pem" in body
    assert server.metric("alertmanager_config_last_reload_successful") == 0
