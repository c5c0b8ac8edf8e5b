#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# plot.sh JSON SVG: draws what bench.sh has measured: loss-free rates, and latency, of each design.
#
# A page shows the picture on its own background, light or dark, and does not say which: there is none in it, and its
# colours stand out from both (text with a contrast of 4.3 or more against #ffffff and #0d1117).
set -euo pipefail

rows() { # FIGURE...: of each design a line: its name, and median, min, max and ratio of each figure
	jq -r '. as $all | [.summary[] | select(.figure == $ARGS.positional[0]) | .design][] as $design
		| [$design, ($ARGS.positional[] as $figure
			| $all.summary[] | select(.design == $design and .figure == $figure) | .median, .min, .max,
			if .ratio then "x" + (.ratio * 100 | round / 100 | tostring) else "-" end)]
		| map(tostring) | join(" ")' "$json" --args -- "$@"
}

json=$1 svg=$2
machine=$(jq -r '"\(.version | sub(" *\\(.*"; "")) beside kernel VXLAN, \(.machine.cores) cores, \(.machine.kernel
	| sub("(?<version>Linux [0-9]+\\.[0-9]+).*"; "\(.version)")); medians of \(.rounds) rounds, " +
	"lines from lowest to highest, x: ratio to VXLAN"' "$json")

# shellcheck disable=SC2016 # gnuplot's names
{
	printf '$rates << END\n%s\nEND\n' "$(rows loss_free_rate loss_free_rate_1400)"
	printf '$slow << END\n%s\nEND\n' "$(rows latency_p50 latency_p99 latency_p999)"
	printf '$fast << END\n%s\nEND\n' "$(rows latency_10k_p50 latency_10k_p99 latency_10k_p999)"
	printf 'machine = "%s"\nrows = %s\n' "$machine" "$(rows latency_p50 | wc -l)"
	cat <<'Y'
set terminal svg size 960,430 dynamic noenhanced font "sans-serif,14"
ink = "#787878"
blue = "#2f81d6"
orange = "#c9681c"
set border 3 linecolor rgb ink
set tics nomirror textcolor rgb ink
set key textcolor rgb ink top right
set grid ytics linecolor rgb ink linewidth 0.3
set multiplot
set label 1 machine at screen 0.5,0.03 center textcolor rgb ink font ",12"
set bmargin at screen 0.2
set tmargin at screen 0.86
set xtics rotate by -20 scale 0
set style fill transparent solid 0.5 border
set boxwidth 0.44

set title "highest rate without loss, thousand frames/s" textcolor rgb ink font ",15"
set lmargin at screen 0.06
set rmargin at screen 0.48
set xrange [-0.6 : rows - 0.4]
set yrange [0 : *]
set offsets 0, 0, graph 0.18, 0
plot $rates using ($0-0.22):($2/1e3):xtic(1) with boxes linecolor rgb blue title "160 octets", \
	$rates using ($0+0.22):($6/1e3) with boxes linecolor rgb orange title "1,400 octets", \
	$rates using ($0-0.22):($3/1e3):(0):($4/1e3-$3/1e3) with vectors nohead linewidth 3 linecolor rgb blue notitle, \
	$rates using ($0+0.22):($7/1e3):(0):($8/1e3-$7/1e3) with vectors nohead linewidth 3 linecolor rgb orange notitle, \
	$rates using ($0-0.22):($4/1e3):5 with labels offset 0,0.7 font ",10" textcolor rgb ink notitle, \
	$rates using ($0+0.22):($8/1e3):9 with labels offset 0,0.7 font ",10" textcolor rgb ink notitle

unset label 1
set title "one way, us: p50 (disc), p99 (bar), p99.9 (tip)" textcolor rgb ink font ",15"
set lmargin at screen 0.55
set rmargin at screen 0.955
set logscale y
set yrange [1 : *]
set offsets 0, 0, graph 0.18, 0
plot $slow using ($0-0.15):2:xtic(1) with points pointtype 7 pointsize 0.8 linecolor rgb blue title "1,000 frames/s", \
	$fast using ($0+0.15):2 with points pointtype 7 pointsize 0.8 linecolor rgb orange title "10,000 frames/s", \
	$slow using ($0-0.15):2:(0):($10-$2) with vectors nohead linewidth 2 linecolor rgb blue notitle, \
	$fast using ($0+0.15):2:(0):($10-$2) with vectors nohead linewidth 2 linecolor rgb orange notitle, \
	$slow using ($0-0.25):6:(0.2):(0) with vectors nohead linewidth 3 linecolor rgb blue notitle, \
	$fast using ($0+0.05):6:(0.2):(0) with vectors nohead linewidth 3 linecolor rgb orange notitle
unset multiplot
Y
} | gnuplot >"$svg"
