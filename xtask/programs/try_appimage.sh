#!/bin/sh
# Uses the AppImage in FOLDER as an ordinary user: signs in, integrates it, removes it again.
#
#   try_appimage.sh FOLDER fuse|extract
set -eu
folder=$1 way=$2
image=$folder/Abide.AppImage
TMPDIR=$folder/tmp
mkdir "$TMPDIR"
export TMPDIR
[ "$way" = fuse ] || export APPIMAGE_EXTRACT_AND_RUN=1
fail() { echo "failed: $*" >&2; exit 1; }
left() { (cd "$folder" && find home tmp run -mindepth 1 | sort); }

try() { # try WORDS ABIDE: signs in with this `abide`
  echo "-- $1"
  sh "$folder/try_installed.sh" "$folder" "'$image' agent" "$2"
}
mkdir -p "$folder/home"
try 'by sub-command' "'$image'"
ln -s "$image" "$folder/abide"
try 'by the name abide' "'$folder/abide'"

rm -rf "$folder/home" "$folder/run" "$folder/signed-in"
mkdir -p "$folder/home"
(
  tries=0
  until [ -e "$folder/signed-in" ] || [ $((tries += 1)) -gt 600 ]; do sleep 0.1; done
  cp "$image" "$image.new" && mv "$image.new" "$image"
) &
ABIDE_TRY_UPGRADE=image
export ABIDE_TRY_UPGRADE
try 'replaced by another image while a session is on' "'$image'"
unset ABIDE_TRY_UPGRADE
wait

HOME=$folder/home XDG_RUNTIME_DIR=$folder/run
export HOME XDG_RUNTIME_DIR
rm -rf "$folder/home" "$folder/run"
mkdir -m 700 "$folder/home" "$folder/run"
left >"$folder/before"
echo '-- integrated'
"$image" --integrate --autostart
"$image" --integrate # once more: changes nothing
for file in .local/share/applications/abide-appimage.desktop .config/autostart/abide-appimage.desktop \
  .local/share/icons/hicolor/scalable/apps/abide-desktop.svg .local/share/man/man1/abide.1 \
  .local/share/systemd/user/abide-agent.service .local/bin/abide; do
  [ -f "$HOME/$file" ] || fail "$file is not there"
done
grep -q "^Exec=\"$image\" %u$" "$HOME/.local/share/applications/abide-appimage.desktop" || fail "the entry starts something else"
! command -v desktop-file-validate >/dev/null ||
  desktop-file-validate "$HOME/.local/share/applications/abide-appimage.desktop" "$HOME/.config/autostart/abide-appimage.desktop"
mv "$HOME/.local/bin/abide" "$folder/abide.sh"
cp "$folder/abide.sh" "$HOME/.local/bin/abide"
[ "$("$HOME/.local/bin/abide" --version)" = "$("$image" --version)" ] || fail 'another version'
try 'by ~/.local/bin/abide' "'$HOME/.local/bin/abide'"
rm -rf "$HOME/.config/abide" "$folder/run"
mkdir -m 700 "$folder/run"
echo '-- no longer integrated'
"$image" --unintegrate
# What the agent itself keeps is the user's, and stays.
rm -rf "$HOME/.local/state/abide"
rmdir "$HOME/.local/state" "$HOME/.local" "$HOME/.config" 2>/dev/null || true
left >"$folder/after"
diff "$folder/before" "$folder/after" || fail 'this stayed behind'
echo 'nothing is left'
