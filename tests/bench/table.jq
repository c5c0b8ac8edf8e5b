# SPDX-License-Identifier: Apache-2.0
#
# What bench.sh shows: its JSON in; lines out, and rows of five fields with tabs between.

# Three significant digits, as far as they are there; an integer in full, with its thousands apart.
def thousands: tostring | if length > 3 then (.[:-3] | thousands) + "," + .[-3:] else . end;
def digits:
  if . == null then "-"
  elif . < 0 then "-" + (-. | digits)
  elif . >= 100 then round | thousands
  elif . >= 10 then (. * 10 | round) / 10 | tostring
  else (. * 100 | round) / 100 | tostring end;

"\(.version), \(.date), rounds: \(.rounds)\(if .settings == [] then "" else ", " + (.settings | join(", ")) end)",
"\(.machine.model), \(.machine.cores) cores, \(.machine.kernel) \(.machine.architecture)",
(.figures as $figures
  | .summary
  | group_by(.figure as $figure | $figures | keys_unsorted | index($figure))[]
  | "",
    "\(.[0].figure as $figure | $figures[$figure])\tmedian\tmin\tmax\tratio",
    (.[] | "  \(.design)\t\(.median | digits)\t\(.min | digits)\t\(.max | digits)\t\(.ratio | digits)"))
