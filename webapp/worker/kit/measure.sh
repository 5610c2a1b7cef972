#!/bin/sh
# Runs every network of this kit on an Android device, one after another, and keeps what benchmark_model prints.
#
#   sh measure.sh            all networks
#   sh measure.sh HASH...    those whose file names begin so
#
# Before: put a benchmark_model for the device's processor next to this script (prebuilt ones are linked from
# https://ai.google.dev/edge/litert/models/measurement), connect adb, feed the device from the power monitor without
# its battery, unplug USB (adb over Wi-Fi), put it into flight mode with the screen off, and start recording.
# Give each trace the name of its network: results/HASH.csv next to results/HASH.log.
set -eu

MASK=${MASK:-80}            # cores to run on, as taskset takes them: 80 is core 7 alone
SECONDS_EACH=${SECONDS_EACH:-30}
PAUSE=${PAUSE:-10}          # seconds of idle before each network, which net energy needs
REPEATS=${REPEATS:-1}
FREQUENCY=${FREQUENCY:-}    # kHz to lock the cores to; needs root
ADB=${ADB:-adb}
FOLDER=/data/local/tmp/earshot
HERE=$(cd "$(dirname "$0")" && pwd)

[ -f "$HERE/benchmark_model" ] || { echo "Put benchmark_model for the device next to this script." >&2; exit 1; }
"$ADB" get-state >/dev/null || { echo "No device: adb devices" >&2; exit 1; }
mkdir -p "$HERE/results"
"$ADB" shell "mkdir -p $FOLDER"
"$ADB" push "$HERE/benchmark_model" "$FOLDER/" >/dev/null
"$ADB" shell "chmod +x $FOLDER/benchmark_model"

if [ -n "$FREQUENCY" ]; then
  "$ADB" shell "su 0 sh -c 'for f in /sys/devices/system/cpu/cpufreq/policy*; do
    echo $FREQUENCY > \$f/scaling_max_freq; echo $FREQUENCY > \$f/scaling_min_freq; done'" ||
    echo "The clock could not be locked (no root?): say so in the campaign's notes." >&2
else
  echo "The clock is not locked: set FREQUENCY (kHz) on a rooted device, else energies scatter more." >&2
fi

wanted() {
  [ "$#" -eq 1 ] && return 0
  name=$1; shift
  for start in "$@"; do case "$name" in "$start"*) return 0 ;; esac; done
  return 1
}

for file in "$HERE"/networks/*.tflite; do
  name=$(basename "$file" .tflite)
  wanted "$name" "$@" || continue
  "$ADB" push "$file" "$FOLDER/" >/dev/null
  repeat=1
  while [ "$repeat" -le "$REPEATS" ]; do
    echo "$name: idle for $PAUSE s, then $SECONDS_EACH s of inferences ($repeat of $REPEATS)"
    sleep "$PAUSE"
    log="$HERE/results/$name.log"
    [ "$REPEATS" -eq 1 ] || log="$HERE/results/$name-$repeat.log"
    "$ADB" shell "taskset $MASK $FOLDER/benchmark_model --graph=$FOLDER/$name.tflite --num_threads=1 \
      --min_secs=$SECONDS_EACH --max_secs=$((SECONDS_EACH * 4)) --num_runs=50 --warmup_min_secs=1 \
      --enable_op_profiling=false" > "$log" 2>&1 || { echo "$name failed, see $log" >&2; }
    repeat=$((repeat + 1))
  done
  "$ADB" shell "rm -f $FOLDER/$name.tflite"
done
echo "Done. Upload everything in results/ to the campaign, as files of the same name that belong together."
