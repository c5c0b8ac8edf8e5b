# SPDX-License-Identifier: Apache-2.0
#
# What the rounds came to: a line of JSON a value in ({round, design, figure, value}), a summary per figure and design out, of
# the $figures alone. The ratio is that to $reference in the same round; null where that has no such figure, or has 0.

def median: sort | if length % 2 == 1 then .[length / 2 | floor] else (.[length / 2] + .[length / 2 - 1]) / 2 end;
def order($names): . as $name | $names | index($name) // 99;

# What the machine did beyond what it does without a tunnel, as far as the round has measured that, too.
def over_veth:
  . as $all
  | map(select(.figure == "machine_cpu" and .design != "veth")
      | . as $value
      | $all[]
      | select(.figure == "machine_cpu" and .design == "veth" and .round == $value.round)
      | $value + {figure: "machine_cpu_over_veth", value: ($value.value - .value)});

. + over_veth
| map(select(.figure | IN($figures[])))
| . as $all
| group_by([.figure, .design])
| map(
    .[0].figure as $figure
    | .[0].design as $design
    | map(.value) as $values
    | [.[] | .round as $round | .value as $value
        | $all[]
        | select(.round == $round and .design == $reference and .figure == $figure and .value > 0)
        | $value / .value] as $ratios
    | {figure: $figure, design: $design, median: ($values | median), min: ($values | min), max: ($values | max),
       ratio: (if $ratios == [] then null else $ratios | median end)})
| sort_by((.figure | order($figures)), (.design | order($designs)))
