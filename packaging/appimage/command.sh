# The `abide` command of an AppImage. Made by its --integrate; --unintegrate removes it.
if abide_running; then exec "$abide_at/usr/bin/abide" "$@"; fi
image='@IMAGE@'
if [ -x "$image" ]; then
  # Where FUSE is missing, the image is extracted for each call.
  [ -e /dev/fuse ] || export APPIMAGE_EXTRACT_AND_RUN=1
  exec "$image" --command "$@"
fi
printf 'abide: %s is not there. Start the AppImage from its new place with --integrate.\n' "$image" >&2
exit 1
