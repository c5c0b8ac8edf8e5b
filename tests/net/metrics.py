# SPDX-License-Identifier: Apache-2.0
"""metrics.py URL STATS FILE...: fetches OpenMetrics text, reads it with the strict parser of Prometheus' Python client, and
compares what it holds with the service's JSON (file STATS, from the same quiet moment); and looks for every metric that the
FILEs name. Prints what is wrong; exit status 1."""
import json
import re
import sys
import urllib.request

from prometheus_client.openmetrics.parser import text_string_to_metric_families

with urllib.request.urlopen(sys.argv[1], timeout=30) as answer:
    kind = answer.headers["Content-Type"]
    text = answer.read().decode("utf-8")
with open(sys.argv[2], encoding="utf-8") as file:
    stats = json.load(file)

wrong = []
values = {}
names = set()
for family in text_string_to_metric_families(text):
    if not family.documentation:
        wrong.append(f"{family.name} has no help text")
    names.add(family.name)
    for sample in family.samples:
        names.add(sample.name)
        values[(sample.name, tuple(sorted(sample.labels.items())))] = sample.value


def expect(name, labels, value):
    found = values.get((f"goose_bridge_{name}", tuple(sorted(labels.items()))))
    if found != value:
        wrong.append(f"{name} {labels}: {found}, not {value}")


if not kind.startswith("application/openmetrics-text; version=1.0.0"):
    wrong.append(f"the content type is {kind}")
expect("info", {"version": stats["version"]}, 1)
for name, value in stats["counters"].items():
    # asking has sent nothing, but a hello may have come or gone between the two
    if not name.startswith("hello") and not name.endswith("_from_ip"):
        expect(f"{name}_total", {}, value)
for reason, value in stats["drops"].items():
    expect("drops_total", {"reason": reason}, value)
for state in ("running", "degraded", "down"):
    expect("state", {"goose_bridge_state": state}, int(state == stats["state"]))
for state in ("joining", "member", "suspect", "lost"):
    expect("membership_state", {"path": "0", "goose_bridge_membership_state": state},
           int(state == stats["membership"]["state"]))
expect("membership_reregister_count_total", {"path": "0"}, stats["membership"]["reregister_count"])
for peer in stats["peers"]:
    expect("peer_frames_total", {"path": "0", "address": peer["address"], "sender_id": peer["sender_id"]}, peer["frames"])
if not stats["peers"] or not stats["streams"]:
    wrong.append("there is no peer or no stream to compare")
for stream in stats["streams"]:
    labels = {"index": str(stream["index"]), "direction": stream["direction"], "gocb_ref": stream["gocb_ref"],
              "appid": str(stream["appid"]), "src_mac": stream["src_mac"],
              "simulation": str(stream["simulation"]).lower()}
    expect("stream_silent", labels, int(stream["state"] == "expired"))
    for name in ("frames", "lost", "recovered", "duplicates", "out_of_order", "expirations", "state_changes"):
        expect(f"stream_{name}_total", labels, stream[name])
for direction in ("to_network", "to_goose0"):
    residence = stats["latency"][direction]["residence"]
    expect("residence_seconds_count", {"path": "0", "direction": direction}, residence["count"] if residence else 0)
for path in sys.argv[3:]:
    with open(path, encoding="utf-8") as file:
        for name in sorted(set(re.findall(r"\bgoose_bridge_[a-z0-9_]+", file.read()))):
            if name not in names:
                wrong.append(f"{path} names {name}, which is not there")
print("\n".join(wrong) if wrong else f"{len(values)} samples")
sys.exit(bool(wrong))
