/**
 * Runs the service's command so that it can be started again without its container, as `agent run` does, as far as a shell can.
 * The pid of the command is shown in the shell's own title (`/proc/PID/comm`, at most 15 characters): that needs no file, no
 * rights and no writable folder, and who asks for a new start (signal 40) sees there when it is done.
 *
 * What runs in the background of a shell without a terminal ignores SIGINT and SIGQUIT unless `env` can undo that.
 */
export const shellRunProgram = `
# The shell itself has nothing to say in the log of the service.
exec 3<&0 4>&2 2>/dev/null
stop=$1
grace=$2
shift 2
child=0
timer=
due=
late=
ending=
starting=1
heard=
group=
via=

show() { printf '%s' "iamrun:$child" >/proc/self/comm; }

# Whoever asks before a start is under way is served by it, whoever asks later needs another one.
begin() {
  late=
  starting=1
  due=
  $via "$@" <&3 3<&- 2>&4 4>&- &
  child=$!
  # Before it has its group, a signal to that would be lost.
  [ -z "$group" ] || until kill -0 "-$child" || ! kill -0 "$child"; do :; done
  show
  starting=
  [ -z "$late" ] || again
}

# A signal from outside goes to the command; one that ends it ends the container, whatever is due.
pass() {
  heard=1
  case $1 in TERM | "$stop")
    ending=1
    due= ;;
  esac
  [ "$child" = 0 ] || kill -s "$1" "$child"
}

again() {
  heard=1
  [ -z "$due$ending" ] || return 0
  if [ -n "$starting" ]; then
    late=1
    return 0
  fi
  due=1
  kill "-$stop" "$group$child"
  (
    trap 'kill "$nap"; exit' TERM
    sleep "$grace" &
    nap=$!
    wait "$nap"
    kill -KILL "$group$child"
  ) 3<&- 4>&- >/dev/null &
  timer=$!
}

# A trap ends a wait early; then the command may still run, or its code may be still to be asked for.
await() {
  while :; do
    heard=
    wait "$child"
    code=$?
    [ -n "$heard" ] || return 0
    kill -0 "$child" && continue
    wait "$child"
    last=$?
    [ "$last" = 127 ] || code=$last
    return 0
  done
}

for name in HUP INT QUIT USR1 USR2 ALRM TERM CONT WINCH "$stop"; do trap "pass $name" "$name"; done
trap again 40
show
command -v setsid >/dev/null && ! [ -t 0 ] && group=- via=setsid
env --default-signal=INT,QUIT true && via="$via env --default-signal=INT,QUIT"
begin "$@"
while :; do
  await
  if [ -n "$timer" ]; then
    kill "$timer"
    timer=
  fi
  [ -n "$due" ] || exit "$code"
  [ -z "$group" ] || kill -KILL "-$child"
  begin "$@"
done
`
