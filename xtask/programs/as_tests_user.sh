#!/bin/sh
# Called by cargo in place of each test program, where root has started ./x test: becomes the ordinary user that tests run
# as, then the program. What needs root is in one program, as_root, which stays root's.
set -eu
case ${1##*/} in as_root-*) exec "$@" ;; esac

# An ordinary user cannot enter a folder above the workspace. A mount namespace of this program's own has another folder in
# its place, with nothing in it but the workspace.
closed=$ABIDE_TESTS_CLOSED workspace=$ABIDE_TESTS_WORKSPACE here=$PWD
if [ -n "$closed" ] && [ -z "${ABIDE_TESTS_INSIDE:-}" ]; then
  ABIDE_TESTS_INSIDE=yes exec unshare --mount --propagation private "$0" "$@"
fi
if [ -n "$closed" ]; then
  beside=$(mktemp -d)
  mount --bind "$workspace" "$beside"
  mount -t tmpfs -o mode=755,size=64k tmpfs "$closed"
  mkdir -p "$workspace"
  mount --bind "$beside" "$workspace"
  umount "$beside"
  rmdir "$beside"
  cd "$here"
fi

user=$ABIDE_TESTS_USER group=$ABIDE_TESTS_GROUP home=$ABIDE_TESTS_HOME path=$ABIDE_TESTS_PATH
# Where root keeps its own things, and the session that it works in.
for name in TMPDIR MAIL SSH_AUTH_SOCK XAUTHORITY DBUS_SESSION_BUS_ADDRESS CARGO_HOME RUSTUP_HOME \
  $(env | sed -n 's/^\(ABIDE_TESTS_[A-Z]*\|XDG_[A-Z_]*\|SUDO_[A-Z]*\)=.*/\1/p'); do
  unset "$name"
done
# The snapshots of pages are looked for below this; asking cargo for it needs cargo, which is root's.
exec setpriv --reuid "$user" --regid "$group" --init-groups --inh-caps=-all -- \
  env "HOME=$home" "USER=$user" "LOGNAME=$user" SHELL=/bin/sh "PATH=$path" "INSTA_WORKSPACE_ROOT=$workspace" "$@"
