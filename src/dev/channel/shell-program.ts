/**
 * The other end of a channel where there is nothing inside but a POSIX shell and a few programs: dash, ash and bash run it alike.
 * Its forks are its cost: what a shell can do itself is done so (`read`, `printf`, `umask`, `test`), and a small file is one fork.
 *
 * Names come as lines, as many as they have: nothing is quoted, so nothing has to be undone. Content comes as lines too where it
 * is small and has no zero byte, else as bytes, which `dd` takes off the input without a byte too many; the line that follows them
 * tells a whole content from one that a broken connection cut short. Where there is no such `dd`, `head` takes the bytes (it may
 * swallow what follows, so nothing does) and the size is looked at afterwards. Whatever the programs say goes the same way as the
 * answers, before the answer it belongs to.
 */
export const shellProgram = `
exec 2>&1
LC_ALL=C
export LC_ALL
set -fC
umask 022
newline='
'
number=0
temporary=
uid=
token=
sequence=0

answer() { printf '\\n%s\\n' "$token $sequence $*"; }

leave() {
  [ -z "$temporary" ] || rm -f "$temporary"
  exit 0
}

# Reads a name of $1 lines into $text.
take() {
  IFS= read -r text || leave
  left=$1
  while [ "$left" -gt 1 ]; do
    IFS= read -r more || leave
    text=$text$newline$more
    left=$((left - 1))
  done
}

# Gives $1 to the owner of $2: what root writes into the tree of another user stays that user's.
give() {
  [ "$uid" = 0 ] || return 0
  [ -O "$2" ] && [ -G "$2" ] && return 0
  set -- "$1" $(ls -ldn "$2")
  chown -h "$4:$5" "$1"
}

make_folder() {
  [ -d "$1" ] && return 0
  set -- "$1" "\${1%/*}"
  make_folder "\${2:-/}" || return 1
  mkdir "$1" || [ -d "$1" ] || return 1
  give "$1" "\${2:-/}"
}

# Removes the temporary names that a run which is gone left in $folder.
sweep() {
  set +f
  for old in "$folder"/.iamstack-*~; do
    process=\${old##*/.iamstack-}
    process=\${process%?}
    case $process in *[!0-9-]* | -* | *- | *-*-*) continue ;; *-*) ;; *) continue ;; esac
    process=\${process%-*}
    if [ "$process" != $$ ] && [ -d "/proc/$process" ]; then continue; fi
    rm -f "$old"
  done
  set -f
}

# Chooses the temporary name for $name; $1 says whether its folder is one that we were not in before.
beside() {
  folder=\${name%/*}
  if [ -d "$name" ] && ! [ -L "$name" ]; then
    printf '%s\\n' "$name: Is a directory"
    return 1
  fi
  make_folder "\${folder:-/}" || return 1
  if [ "$1" = 1 ]; then sweep; fi
  number=$((number + 1))
  temporary=$folder/.iamstack-$$-$number~
}

# Puts what is at the temporary name into its place, in one step for whoever reads there.
move() {
  # Into the folder that a link leads to is where mv would put it.
  if [ -L "$name" ] && [ -d "$name" ]; then
    mv -fT "$temporary" "$name" 2>/dev/null && return 0
    rm -f "$name" || return 1
  fi
  mv -f "$temporary" "$name"
}

receive() {
  case $kind in
    lines) printf '%s' "$content" ;;
    exact) dd bs="$size" count=1 iflag=fullblock status=none ;;
    *) head -c "$size" ;;
  esac
}

# After exact bytes comes a line, unless the connection broke.
tail_of() {
  [ "$kind" = exact ] || return 0
  IFS= read -r text && [ "$text" = . ] || leave
}

# Where head was cut short in the middle of its bytes, the others are still to come.
skip() {
  answer '!'
  while IFS= read -r text; do [ "$text" = "$token again" ] && return 0; done
  leave
}

forget() {
  rm -f "$temporary"
  temporary=
}

# Takes content to the temporary name, by the redirection that the caller gives.
fill() {
  opened=1
  receive
}

finish() {
  total=$((total + size))
  if [ "$last" = 0 ]; then
    answer +
    return 0
  fi
  if settle; then
    temporary=
    answer +
  else
    forget
    answer -
  fi
}

settle() {
  if [ "$kind" = bytes ] && [ "$(wc -c <"$temporary")" -ne "$total" ]; then
    printf '%s\\n' "$name: No space left on device"
    return 1
  fi
  like=$folder
  if [ -e "$name" ] && ! [ -L "$name" ]; then like=$name; fi
  give "$temporary" "\${like:-/}" || return 1
  [ "$mode" = - ] || chmod "$mode" "$temporary" || return 1
  move
}

# What could not be written; a shell's own printf seldom says why, so cat is asked.
fail() {
  case $kind in
    lines)
      printf '%s' "$content" | cat >>"$temporary"
      forget
      answer - ;;
    exact)
      forget
      tail_of
      answer - ;;
    *)
      forget
      skip ;;
  esac
}

# What is not wanted is taken off the input all the same.
refuse() {
  if [ "$kind" != lines ]; then
    receive >/dev/null
    tail_of
  fi
  temporary=
  answer -
}

write_file() {
  opened=
  total=0
  if beside "$fresh"; then
    umask "$mask"
    if fill >"$temporary"; then
      umask 022
      tail_of
      finish
      return 0
    fi
    umask 022
  fi
  if [ -n "$opened" ]; then fail; else refuse; fi
}

write_more() {
  opened=
  if [ -n "$temporary" ] && fill >>"$temporary"; then
    tail_of
    finish
  elif [ -n "$opened" ]; then fail
  else refuse
  fi
}

make_link() {
  if beside "$fresh" && ln -s -- "$target" "$temporary"; then
    if give "$temporary" "\${folder:-/}" && move; then
      temporary=
      answer +
      return 0
    fi
    rm -f "$temporary"
  fi
  temporary=
  answer -
}

remove() {
  if [ -e "$name" ] || [ -L "$name" ]; then
    rm -rf "$name"
    return
  fi
  folder=\${name%/*}
  until [ -d "\${folder:-/}" ]; do folder=\${folder%/*}; done
  [ -x "\${folder:-/}" ] && return 0
  printf '%s\\n' "$name: Permission denied"
  return 1
}

is_named() {
  [ -n "$IAMSTACK_RUN" ] || return 0
  while IFS= read -r text || [ -n "$text" ]; do
    case $text in *"IAMSTACK_RUN=$IAMSTACK_RUN"*) return 0 ;; esac
  done <"$1/environ"
  return 1
}

# Finds our run, which shows the process of the service in its own title, among the processes of this container.
find_run() {
  run=
  child=0
  set +f
  for process in $1; do
    read -r text <"$process/comm" || continue
    case $text in iamrun:*) child=\${text#iamrun:} ;; *) continue ;; esac
    if [ "$process/root" -ef / ] && is_named "$process"; then
      run=\${process#/proc/}
      break
    fi
  done 2>/dev/null
  set -f
  [ -n "$run" ]
}

send_signal() {
  if find_run '/proc/[1-9]*'; then
    if [ "$child" -le 0 ]; then
      echo 'the process of the service does not run'
      return 1
    fi
    kill -s "$1" "$child"
  elif [ /proc/1/root -ef / ]; then kill -s "$1" 1
  else
    echo 'the first process is not one of this container, or of another user'
    return 1
  fi
}

while read -r key value text; do
  if [ "$key" = Uid: ]; then uid=$value; break; fi
done </proc/self/status
missing=
for program in mv rm mkdir chmod ln; do
  command -v "$program" >/dev/null || missing="$missing $program"
done
if [ -c /dev/full ] && [ "$(printf abc | dd bs=2 count=1 iflag=fullblock status=none)" = ab ] &&
  ! printf abc | dd bs=3 count=1 iflag=fullblock status=none >/dev/full; then
  bytes=exact
else
  bytes=bytes
  for program in head wc; do command -v "$program" >/dev/null || missing="$missing $program"; done
fi
read -r token || exit 0
find_run '/proc/[1-9]*' && run=run
answer "$bytes" "\${run:-alone}" "$missing"

while read -r operation sequence lines a b c d e f; do
  case $operation in
    write)
      mask=$a mode=$b fresh=$c kind=$d size=$e last=$f
      take "$lines"
      name=$text
      if [ "$kind" = lines ]; then
        take "$size"
        content=$text size=0
      fi
      write_file ;;
    more)
      kind=$lines size=$a last=$b
      write_more ;;
    drop)
      [ -z "$temporary" ] || forget
      answer + ;;
    link)
      fresh=$a
      take "$lines"
      name=$text
      take "$b"
      target=$text
      make_link ;;
    folder)
      take "$lines"
      if make_folder "$text"; then answer +; else answer -; fi ;;
    remove)
      take "$lines"
      name=$text
      if remove; then answer +; else answer -; fi ;;
    signal) if send_signal "$lines"; then answer +; else answer -; fi ;;
    run) if find_run "/proc/$lines"; then answer + "$run $child"; else answer -; fi ;;
    again) if kill -40 "$lines"; then answer +; else answer -; fi ;;
    *) answer - ;;
  esac
done
leave
`
