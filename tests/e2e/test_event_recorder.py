# SPDX-License-Identifier: Apache-2.0
"""Recorded events: the JSON of Alertmanager's eventrecorder.proto, to files, standard output and web hooks."""
import json
import os
import pathlib
import time

CONFIG = """
route: {{receiver: hook, group_by: [alertname], group_wait: 100ms, group_interval: 1s, repeat_interval: 1h}}
inhibit_rules:
- {{name: down, source_matchers: [alertname="Down"], target_matchers: [alertname="Slow"], equal: [host]}}
receivers:
- {{name: hook, webhook_configs: [{{url: "{url}/hook"}}]}}
event_recorder: {outputs}
"""
FEATURE = "--enable-feature=event-recorder"


def lines(path):
    return [json.loads(line) for line in pathlib.Path(path).read_text().splitlines()]


def kinds(events):
    return [next(iter(e["data"])) for e in events]


def wait_for(path, kind, timeout=300):
    """All events once there is one of this kind."""
    end = time.monotonic() + timeout
    while True:
        events = lines(path) if pathlib.Path(path).exists() else []
        if kind in kinds(events):
            return events
        assert time.monotonic() < end, (kind, kinds(events))
        time.sleep(0.05)


def one(events, kind):
    found = [e["data"][kind] for e in events if kind in e["data"]]
    assert found, (kind, kinds(events))
    return found[0]


def test_a_day_in_a_file(serve, sink, tmp_path):
    out = tmp_path / "events.jsonl"
    server = serve(CONFIG.format(url=sink.url, outputs=f"{{file_outputs: [{{path: {out}}}]}}"), FEATURE)
    server.alert({"labels": {"alertname": "Down", "host": "a"}, "annotations": {"summary": "<&>"}})
    wait_for(out, "notification")
    server.alert(alertname="Slow", host="a")
    wait_for(out, "inhibitionMutedAlert")
    silence = server.silence(alertname="Quiet")
    server.alert(alertname="Quiet")
    wait_for(out, "silenceMutedAlert")
    server.resolve(alertname="Down", host="a")
    wait_for(out, "alertResolved")
    server.stop()
    events = lines(out)
    assert kinds(events)[0] == "alertmanagerStartupEvent" and kinds(events)[-1] == "alertmanagerShutdownEvent"
    assert set(events[0]) == {"@timestamp", "instance", "data"}
    assert one(events, "alertmanagerStartupEvent")["version"] == "0.34.1"
    assert events[-1]["data"] == {"alertmanagerShutdownEvent": {}}

    created = one(events, "alertCreated")["alert"]
    assert created["name"] == "Down" and int(created["fingerprint"]) > 0
    assert created["labels"]["labels"] == [{"key": "alertname", "value": "Down"}, {"key": "host", "value": "a"}]
    assert created["annotations"]["labels"] == [{"key": "summary", "value": "<&>"}]
    assert created["startsAt"].endswith("Z") and "resolved" not in created

    grouped = one(events, "alertGrouped")
    assert grouped["groupInfo"]["groupKey"] == '{}:{alertname="Down"}'
    assert grouped["groupInfo"]["receiverName"] == "hook" and len(grouped["groupInfo"]["groupId"]) == 64
    assert grouped["alert"]["details"]["name"] == "Down"

    told = one(events, "notification")
    assert told["integration"] == {"name": "webhook"}  # index 0 is left out
    assert told["reason"] == "NOTIFY_REASON_FIRST_NOTIFICATION" and told["flushId"] == "1"
    assert told["repeatInterval"] == "3600s"
    assert told["firingAlerts"] == [{"hash": told["alerts"][0]["hash"]}] and "resolvedAlerts" not in told
    assert told["alerts"][0]["details"]["endsAt"] == "0001-01-01T00:00:00Z"
    assert told["groupInfo"]["groupUuid"].count("-") == 4

    inhibited = one(events, "inhibitionMutedAlert")
    assert inhibited["inhibitRules"][0]["name"] == "down" and inhibited["inhibitRules"][0]["equalLabels"] == ["host"]
    assert inhibited["inhibitRules"][0]["sourceMatchers"] == [
        {"type": "TYPE_EQUAL", "name": "alertname", "pattern": "Down", "rendered": 'alertname="Down"'}]
    assert inhibited["inhibitingFingerprints"] == [created["fingerprint"]]

    muted = one(events, "silenceMutedAlert")
    assert muted["silence"]["id"] == silence == one(events, "silenceCreated")["silence"]["id"]
    assert muted["silence"]["matcherSets"][0]["matchers"] == muted["silence"]["matchers"]
    assert muted["mutedAlert"]["labels"]["labels"] == [{"key": "alertname", "value": "Quiet"}]
    assert one(events, "alertResolved")["alert"]["details"]["resolved"] is True


def test_web_hooks_retries_and_batches(serve, sink, tmp_path):
    outputs = (f'{{webhook_outputs: [{{url: "{sink.url}/single?token=x", retry_backoff: 10ms}}, '
               f'{{url: "{sink.url}/batch", batch: true, batch_flush_interval: 200ms}}]}}')
    server = serve(CONFIG.format(url=sink.url, outputs=outputs), FEATURE)
    for name in "abc":
        server.alert(alertname=name)
    sink.wait(3, lambda r: r["path"] == "/hook")
    server.stop()
    single = [r["json"] for r in sink.items if r["path"].startswith("/single")]
    batched = [e for r in sink.items if r["path"] == "/batch" for e in r["json"]]
    assert sorted(map(json.dumps, single)) == sorted(map(json.dumps, batched))
    assert len(single) >= 1 + 3 * 3 + 1
    assert len([r for r in sink.items if r["path"] == "/batch"]) < len(single)


def test_metrics_rotation_and_reload(serve, sink, tmp_path):
    out = tmp_path / "events.jsonl"
    server = serve(CONFIG.format(url=sink.url, outputs=f"{{file_outputs: [{{path: {out}}}], stdout_outputs: [{{}}]}}"),
                   FEATURE)
    server.silence(alertname="one")
    wait_for(out, "silenceCreated")
    written = f'{{event_type="silence_created",output="file:{out}",result="success"}}'
    deadline = time.monotonic() + 300
    while server.metric("alertmanager_events_recorded_total" + written) != 1:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert server.metric("alertmanager_event_recorder_queue_length") == 0
    moved = tmp_path / "events.jsonl.1"
    out.rename(moved)
    server.silence(alertname="two")
    wait_for(out, "silenceCreated")
    assert kinds(lines(moved)).count("silenceCreated") == 1
    other = tmp_path / "other.jsonl"
    assert server.reload(CONFIG.format(url=sink.url, outputs=f"{{file_outputs: [{{path: {other}}}]}}"))[0] == 200
    server.silence(alertname="three")
    wait_for(other, "silenceCreated")
    # One that cannot be opened leaves those before in place.
    bad = tmp_path / "nowhere" / "x"
    assert server.reload(CONFIG.format(url=sink.url, outputs=f"{{file_outputs: [{{path: {bad}}}]}}"))[0] == 200
    server.wait_log("Failed to create file event recorder output")
    server.silence(alertname="four")
    end = time.monotonic() + 10
    while kinds(lines(other)).count("silenceCreated") != 2:
        assert time.monotonic() < end
        time.sleep(0.05)


def test_many_at_once(serve, sink, tmp_path):
    out = tmp_path / "events.jsonl"
    server = serve(CONFIG.format(url=sink.url, outputs=f"{{file_outputs: [{{path: {out}}}]}}"), FEATURE)
    server.alert(*({"alertname": "Many", "n": str(i)} for i in range(12000)))
    wait_for(out, "notification")
    server.stop()
    found = kinds(lines(out))
    assert found.count("alertCreated") == found.count("alertGrouped") == 12000
    assert server.process.returncode == 0


def test_a_pipe_that_nobody_reads(serve, sink, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    server = serve(CONFIG.format(url=sink.url, outputs=f"{{file_outputs: [{{path: {fifo}}}]}}"), FEATURE)
    server.alert(*({"alertname": "Many", "n": str(i)} for i in range(2000)))
    sink.wait(1)
    server.alert(alertname="Late")
    server.stop()
    assert any("nobody reads" in line for line in server.log)
    os.close(reader)


def test_kafka_is_refused_and_the_feature_is_needed(serve, sink, tmp_path):
    kafka = "{kafka_outputs: [{brokers: ['k:9092'], topic: t}]}"
    server = serve(CONFIG.format(url=sink.url, outputs=kafka), FEATURE)
    assert any("Failed to create kafka event recorder output" in line for line in server.log)
    out = tmp_path / "none.jsonl"
    quiet = serve(CONFIG.format(url=sink.url, outputs=f"{{file_outputs: [{{path: {out}}}]}}"))
    quiet.silence(alertname="x")
    quiet.stop()
    assert not out.exists()
