#!/bin/sh
# demo.sh CONTAINERLIB: makes an image of busybox, starts a container from it with limits, and prints
# what the container sees next to what the host sees. `./dev run` calls it. All it makes is in a
# temporary directory and goes away with it.
set -eu
containerlib=$1
here=$(dirname "$0")
tmp=$(mktemp -d "${TMPDIR:-/tmp}/containerlib-demo-XXXXXX")
cl() { "$containerlib" --root "$tmp/data" --run-root "$tmp/run" "$@"; }
trap 'cl rm -f demo >/dev/null 2>&1 || true; cl rmi busybox >/dev/null 2>&1 || true; rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM

mkdir "$tmp/rootfs"
"$here/busybox-rootfs" "$tmp/rootfs"
cl import "$tmp/rootfs" busybox >/dev/null

# Not every host lets every user limit everything: take the limits that work, tell why others do not.
limits= refused=
for limit in "--memory 64m" "--pids-limit 32" "--cpus 0.5"; do
  if why=$(cl run --rm $limit busybox true 2>&1 >/dev/null); then
    limits="$limits $limit"
  else
    refused="$refused$limit is not available here: $why
"
  fi
done
cl run -d --name demo $limits busybox sleep 300 >/dev/null

# The same questions for both sides; the answers are lines "what|answer".
questions='
bits() { n=0 v=$((0x$1)); while [ $v != 0 ]; do n=$((n + (v & 1))) v=$((v >> 1)); done; echo $n; }
status() { sed -n "s/^$1:[[:space:]]*//p" /proc/self/status; }
say() { echo "$1|$(echo $2)"; }
say "process 1" "$(cat /proc/1/comm)"
say "processes in sight" "$(ls -d /proc/[0-9]* | wc -l)"
say "host name" "$(cat /proc/sys/kernel/hostname)"
say "user" "$(id -un) ($(id -u))"
say "capabilities" "$(bits $(status CapBnd)) at most"
say "system call filter" "$(case $(status Seccomp) in 2) echo yes ;; *) echo no ;; esac)"
say "network devices" "$(sed -n "s/^ *\([^ ]*\):.*/\1/p" /proc/net/dev)"
say "root file system" "$(while read -r _ at type how _; do [ $at != / ] || echo "$type, $how" | cut -d, -f 1-4; done </proc/self/mounts | tail -n 1)"
say "mounts" "$(while read -r _ at _; do echo $at; done </proc/self/mounts)"
'

# control PID CONTROLLER V2-FILE V1-FILE: the limit of a process, as the kernel keeps it.
control() {
  at=$(sed -nE "s,^[^ ]+ [^ ]+ [^ ]+ [^ ]+ ([^ ]+) .* - cgroup [^ ]+ (.*\,)?$2(\,.*)?$,\1,p" /proc/self/mountinfo | head -n 1)
  if [ -n "$at" ]; then
    cat "$at$(sed -nE "s/^[0-9]+:([^:]*,)?$2(,[^:]*)?://p" "/proc/$1/cgroup")/$4"
  else
    at=$(sed -nE 's,^[^ ]+ [^ ]+ [^ ]+ [^ ]+ ([^ ]+) .* - cgroup2 .*,\1,p' /proc/self/mountinfo | head -n 1)
    cat "$at$(sed -n 's/^0:://p' "/proc/$1/cgroup")/$3"
  fi 2>/dev/null || echo max
}
seen_from_here() { # PID: its ids and its limits
  ids=$(while read -r in out count; do echo "$in-$((in + count - 1)) are $out-$((out + count - 1))"; done <"/proc/$1/uid_map")
  memory=$(control "$1" memory memory.max memory.limit_in_bytes)
  [ "$memory" = max ] || [ "$memory" -gt $((1 << 60)) ] && memory=none || memory="$((memory >> 20)) MiB"
  pids=$(control "$1" pids pids.max pids.max)
  cpu=$(control "$1" cpu cpu.max cpu.cfs_quota_us)
  case $cpu in
    max* | -1) cpu=none ;;
    *" "*) cpu="$((${cpu% *} * 100 / ${cpu#* })) % of one CPU" ;;
    *) cpu="$((cpu * 100 / $(control "$1" cpu cpu.max cpu.cfs_period_us))) % of one CPU" ;;
  esac
  printf 'user ids|%s\nmemory limit|%s\nprocess limit|%s\nCPU limit|%s\n' "$(echo $ids)" "$memory" "$(echo $pids | sed s/max/none/)" "$cpu"
}

{ sh -c "$questions" && seen_from_here $$; } >"$tmp/host"
{ cl exec demo sh -c "$questions" && seen_from_here "$(cl inspect --format '{{.State.Pid}}' demo)"; } >"$tmp/container"

row() { # LABEL HOST CONTAINER: side by side, six lines at most
  printf '%s\n' "$2" | fold -s -w 36 | sed '6{s/.*/.../;q}' >"$tmp/left"
  printf '%s\n' "$3" | fold -s -w 44 | sed '6{s/.*/.../;q}' >"$tmp/right"
  label=$1
  paste -d'|' "$tmp/left" "$tmp/right" | while IFS='|' read -r left right; do
    printf '%-19s %-37s %s\n' "$label" "$left" "$right"
    label=
  done
}
row "" "ON THE HOST" "IN THE CONTAINER"
paste -d'|' "$tmp/host" "$tmp/container" | while IFS='|' read -r what left _ right; do row "$what" "$left" "$right"; done
[ -z "$refused" ] || printf '\n%s' "$refused" | fold -s -w 100
