# Whether the agent of an AppImage runs, and in which folder (abide_at) its programs are. The file may be out of date:
# the process and the mount have to be there, and be the user's own. Starts no program, for speed.
abide_running() {
  [ -r "${XDG_RUNTIME_DIR:-}/abide-appimage" ] || return 1
  IFS=' ' read -r abide_process abide_user abide_at <"$XDG_RUNTIME_DIR/abide-appimage" || return 1
  read -r abide_name 2>/dev/null <"/proc/$abide_process/comm" || return 1
  case $abide_name in abide*) ;; *) return 1 ;; esac
  [ -x "$abide_at/usr/bin/abide" ] || return 1
  # An extracted image belongs to the user; a mounted one is a file system that the user has mounted.
  [ ! -O "$abide_at" ] || return 0
  while IFS= read -r abide_mount; do
    case $abide_mount in *" $abide_at "*" fuse"*"user_id=$abide_user,"*) return 0 ;; esac
  done </proc/self/mountinfo
  return 1
}
