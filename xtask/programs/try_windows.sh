#!/bin/sh
# Installs the Windows packages under Wine, uses what they install, and removes them.
#
#   try_windows.sh FOLDER MSI SETUP [programs]    with `programs`, the agent is started and signed in to
set -eu
folder=$1 msi=$2 setup=$3 programs=${4:-}
WINEPREFIX=$folder/wine WINEDEBUG=-all
export WINEPREFIX WINEDEBUG
unset DISPLAY WAYLAND_DISPLAY
fail() { echo "failed: $*" >&2; exit 1; }
quietly() { timeout 180 "$@" >/dev/null 2>&1; }
wine wineboot -i >/dev/null 2>&1 || true
# Debian's Wine lacks the library that Rust programs take their random numbers from.
dll=$WINEPREFIX/drive_c/windows/system32/bcryptprimitives.dll
if [ ! -f "$dll" ]; then
  cat >"$folder/bcryptprimitives.c" <<'C'
#include <windows.h>
BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T size) { return SystemFunction036(data, (ULONG)size); }
C
  x86_64-w64-mingw32-gcc -shared -o "$dll" "$folder/bcryptprimitives.c" -ladvapi32
fi
user=$(find "$WINEPREFIX/drive_c/users" -mindepth 1 -maxdepth 1 -type d ! -name Public | head -n 1)
place=$user/AppData/Local/Programs/Abide
menu="$user/AppData/Roaming/Microsoft/Windows/Start Menu/Programs/Abide.lnk"
key() { quietly wine reg query "$1"; }
value() { wine reg query "$1" /v "$2" 2>/dev/null | tr -d '\r' | sed -n "s/^ *$2 *REG_[A-Z_]* *//p"; }
run='HKCU\Software\Microsoft\Windows\CurrentVersion\Run'
there() {
  for file in abide.exe abide-agent.exe abide-desktop.exe; do
    [ -f "$place/$file" ] || fail "$file is not there"
  done
  [ -f "$menu" ] || fail 'there is no entry in the start menu'
  echo "$(wine "$place/abide.exe" --version | tr -d '\r') runs"
}
gone() {
  tries=0
  while [ -e "$place/uninstall.exe" ] && [ $((tries += 1)) -le 50 ]; do sleep 0.2; done
  left=$(find "$WINEPREFIX/drive_c" -iname '*abide*' ! -path '*/Roaming/Abide*' ! -path '*/Local/Abide*')
  [ -z "$left" ] || fail "this stayed behind: $left"
  ! key 'HKCU\Software\Abide' || fail 'a key stayed behind'
  [ -z "$(value "$run" Abide)" ] || fail 'it still starts with Windows'
}
sign_in() {
  [ "$programs" = programs ] || return 0
  ABIDE_TRY_CONFIG=$user/AppData/Roaming/Abide/config.toml ABIDE_TRY_READY=$user/AppData/Local/Abide/run/endpoint.json \
    sh "${0%/*}/try_installed.sh" "$folder" "wine '$place/abide-agent.exe'" "wine '$place/abide.exe'"
}

echo '-- msi: refused without WebView2'
! quietly wine msiexec /i "$msi" /qn || fail 'it was installed'
gone
echo '-- msi'
quietly wine msiexec /i "$msi" /qn SKIPWEBVIEW2=1 || fail 'not installed'
there
case $(value 'HKCU\Environment' PATH) in *Programs\\Abide*) ;; *) fail 'the folder is not on the PATH' ;; esac
[ -z "$(value "$run" Abide)" ] || fail 'it starts with Windows, and was not asked to'
sign_in
quietly wine msiexec /x "$msi" /qn || fail 'not removed'
gone
case $(value 'HKCU\Environment' PATH) in *Abide*) fail 'the folder is still on the PATH' ;; esac
echo '-- msi, started with Windows'
quietly wine msiexec /i "$msi" /qn SKIPWEBVIEW2=1 ADDLOCAL=Main,StartWithWindows || fail 'not installed'
case $(value "$run" Abide) in *abide-desktop.exe*) ;; *) fail 'it does not start with Windows' ;; esac
quietly wine msiexec /x "$msi" /qn || fail 'not removed'
gone
echo '-- setup program'
quietly wine "$setup" /S /AUTOSTART || fail 'not installed'
there
case $(value "$run" Abide) in *abide-desktop.exe*) ;; *) fail 'it does not start with Windows' ;; esac
sign_in
quietly wine reg add 'HKCU\Software\Microsoft\Windows\CurrentVersion\Uninstall\Abide' /v DisplayVersion /d 999.0.0 /f
code=0
quietly wine "$setup" /S || code=$?
[ $code = 4 ] || fail "a newer version was replaced, or not refused with 4: $code"
quietly wine "$place/uninstall.exe" /S || fail 'not removed'
gone
wineserver -k 2>/dev/null || true
echo 'nothing is left'
