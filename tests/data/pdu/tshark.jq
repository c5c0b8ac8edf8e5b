# SPDX-License-Identifier: Apache-2.0
# What tshark's GOOSE dissector finds (-T json -x --no-duplicate-keys), in the words of `goose-test pdu`.
# Where tshark prints a value in full, that is taken; where it does not (64 bits, doubles, UTF-8, time of day), it is worked
# out here from the octets that tshark says are the value's.

def list: if type == "array" then . else [.] end;
def octets: explode | map(if . >= 97 then . - 87 else . - 48 end) | [range(0; length; 2) as $i | .[$i] * 16 + .[$i + 1]];
def number: reduce .[] as $octet (0; . * 256 + $octet);
def signed: (if .[0] >= 128 then -1 else 0 end) as $sign | reduce .[] as $octet ($sign; . * 256 + $octet);
def pad($width): tostring | ("0" * ([$width - length, 0] | max) // "") + .;
def time($s; $ns): "\($s).\($ns | pad(9))";

# A double of normal size, octet by octet (IEEE 754).
def double:
	(.[0] % 128 * 16 + (.[1] / 16 | floor)) as $exponent |
	([.[1] % 16] + .[2:] | number) as $fraction |
	(if .[0] >= 128 then -1 else 1 end) * (1 + $fraction / pow(2; 52)) * pow(2; $exponent - 1023);

# As it is printed, or by the octets if another version prints it otherwise. 1e9 / 2^24 = 1953125 / 2^15.
def utc_time($text; $octets):
	first(
		($text | capture("^(?<date>[A-Z][a-z]+ +[0-9]+, [0-9]+ [0-9:]+)[.](?<ns>[0-9]{9}) UTC$") |
			time(.date | strptime("%b %d, %Y %H:%M:%S") | mktime; .ns)),
		time($octets[:4] | number; $octets[4:7] | number * 1953125 / 32768 | floor));
def time_of_day: (.[:4] | number) as $ms |
	time((.[4:] | number) * 86400 + ($ms / 1000 | floor); $ms % 1000 * 1000000);

def value($name): .["goose." + $name];
def raw($name): .["goose." + $name + "_raw"][0];

# The values of a list, and those in them, outermost first.
def data($depth):
	value("Data_tree") // empty | list[] |
	def one($type; $meaning): [$depth, $type, $meaning];
	if has("goose.structure") then one("structure"; null), (value("structure_tree") // {} | data($depth + 1))
	elif has("goose.array") then one("array"; null), (value("array_tree") // {} | data($depth + 1))
	elif has("goose.boolean") then one("boolean"; value("boolean") == "1")
	elif has("goose.bit_string") then
		(raw("bit_string") // "") as $hex |
		one("bit-string"; [($hex | length * 4) - (.["ber.bitstring.padding"] | tonumber), $hex])
	elif has("goose.integer") then one("integer"; raw("integer") | octets | signed)
	elif has("goose.unsigned") then one("unsigned"; raw("unsigned") | octets | number)
	elif has("goose.float_value") then one("float"; value("float_value") | tonumber)
	elif has("goose.floating_point") then one("float"; raw("floating_point") | octets[1:] | double)
	elif has("goose.octet_string") then one("octet-string"; raw("octet_string") // "")
	elif has("goose.visible_string") then one("visible-string"; value("visible_string"))
	elif has("goose.mMSString") then one("mms-string"; raw("mMSString") // "")
	elif has("goose.binary_time") then one("time-of-day"; raw("binary_time") | octets | time_of_day)
	elif has("goose.utc_time") then one("utc-time"; utc_time(value("utc_time"); raw("utc_time") | octets))
	else error("a value of no known kind: \(.)") end;

.[]._source.layers.goose | value("goosePdu_element") as $pdu | {
	error: "none",
	appid: (raw("appid") | octets | number),
} + ($pdu | {
	gocbRef: value("gocbRef"),
	timeAllowedtoLive: value("timeAllowedtoLive") | tonumber,
	datSet: value("datSet"),
	goID: value("goID"),
	t: utc_time(value("t"); raw("t") | octets),
	stNum: value("stNum") | tonumber,
	sqNum: value("sqNum") | tonumber,
	simulation: (if has("goose.simulation") then value("simulation") == "1" else null end),
	confRev: value("confRev") | tonumber,
	ndsCom: (if has("goose.ndsCom") then value("ndsCom") == "1" else null end),
	numDatSetEntries: value("numDatSetEntries") | tonumber,
	allData: [value("allData_tree") // {} | data(0)],
} | with_entries(select(.value != null)))
