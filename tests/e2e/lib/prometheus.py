# SPDX-License-Identifier: Apache-2.0
"""A real Prometheus that scrapes an exporter of the test's own."""
import http.server
import pathlib
import subprocess
import threading

from .ports import free_port


class Exporter:
    """Serves `metrics`, a dict of sample text to value, e.g. {'up_like{job="x"}': 1}."""

    def __init__(self):
        self.metrics = {}
        exporter = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = "".join(f"{k} {v}\n" for k, v in exporter.metrics.items()).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.httpd.server_address[1]}"
        threading.Thread(target=self.httpd.serve_forever, daemon=True).start()

    def close(self):
        self.httpd.shutdown()
        self.httpd.server_close()


CONFIG = """
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [{rules}]
alerting:
  alertmanagers:
    - static_configs: [{{targets: ["{alertmanager}"]}}]
scrape_configs:
{jobs}
"""


class Prometheus:
    """jobs: {job name: (address, {label: value})}. `again`: what fires is posted each second, also what fired before it had found the router,
    as rules on what is missing do at a start; otherwise that is posted again after a minute."""

    def __init__(self, directory, rules, alertmanager, jobs, binary="prometheus", again=False):
        self.dir = pathlib.Path(directory)
        self.dir.mkdir(parents=True, exist_ok=True)
        lines = []
        for job, (address, labels) in jobs.items():
            text = ", ".join(f'{k}: "{v}"' for k, v in labels.items())
            lines.append(f'  - job_name: "{job}"\n    static_configs: [{{targets: ["{address}"], labels: {{{text}}}}}]')
        (self.dir / "prometheus.yml").write_text(
            CONFIG.format(rules=rules, alertmanager=alertmanager, jobs="\n".join(lines)))
        self.port = free_port()
        self.log = (self.dir / "prometheus.log").open("w")
        self.process = subprocess.Popen(
            [binary, f"--config.file={self.dir}/prometheus.yml", f"--storage.tsdb.path={self.dir}/tsdb",
             f"--web.listen-address=127.0.0.1:{self.port}", *(["--rules.alert.resend-delay=1s"] if again else [])],
            stdout=self.log, stderr=subprocess.STDOUT)

    def close(self):
        self.process.terminate()
        self.process.wait(300)
        self.log.close()
