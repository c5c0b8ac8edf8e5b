# SPDX-License-Identifier: Apache-2.0
#
# What the rounds came to: a line of JSON a value in ({round, design, figure, value}), a summary per figure and design out.
# The ratio is that to kernel VXLAN in the same round; null where VXLAN has no such figure, or has 0.

def median: sort | if length % 2 == 1 then .[length / 2 | floor] else (.[length / 2] + .[length / 2 - 1]) / 2 end;
def order($names): . as $name | $names | index($name) // 99;

. as $all
| group_by([.figure, .design])
| map(
    .[0].figure as $figure
    | .[0].design as $design
    | map(.value) as $values
    | [.[] | .round as $round | .value as $value
        | $all[]
        | select(.round == $round and .design == "vxlan" and .figure == $figure and .value > 0)
        | $value / .value] as $ratios
    | {figure: $figure, design: $design, median: ($values | median), min: ($values | min), max: ($values | max),
       ratio: (if $ratios == [] then null else $ratios | median end)})
| sort_by((.figure | order($figures)), (.design | order(["veth", "vxlan", "native", "legacy"])))
