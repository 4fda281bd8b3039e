; A setup program for one user, made by `./x dist`. /S installs without questions, /AUTOSTART also starts Abide with Windows.
Target amd64-unicode
Unicode true
ManifestDPIAware true
RequestExecutionLevel user
SetCompressor /SOLID lzma
!include MUI2.nsh
!include LogicLib.nsh
!include FileFunc.nsh
!include WordFunc.nsh
!include Win\COM.nsh
!include Win\Propkey.nsh

Name "{{name}}"
OutFile "{{out}}"
InstallDir "$LOCALAPPDATA\Programs\{{name}}"
VIProductVersion "{{version}}.0"
VIAddVersionKey ProductName "{{name}}"
VIAddVersionKey ProductVersion "{{version}}"
VIAddVersionKey FileVersion "{{version}}"
VIAddVersionKey CompanyName "{{publisher}}"
VIAddVersionKey FileDescription "{{name}} {{version}}: setup"
VIAddVersionKey LegalCopyright "{{copyright}}"

!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\{{name}}"
!define RUN "Software\Microsoft\Windows\CurrentVersion\Run"
!define LINKS "Software\Classes\abide"
!define WEBVIEW2 "Microsoft\EdgeUpdate\Clients\{F3017226-FE2A-4295-8BDF-00C3A9A7E4C5}"
!define MUI_ICON "{{icon}}"
!define MUI_UNICON "{{icon}}"
!define MUI_FINISHPAGE_RUN "$INSTDIR\abide-desktop.exe"
!define MUI_FINISHPAGE_RUN_TEXT "Start {{name}}"
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"

; A program that runs cannot be replaced. Exit code 3: it runs, and this is a silent setup that cannot ask.
!macro NotRunning un
Function ${un}NotRunning
  again:
  StrCpy $0 ""
  ${If} ${FileExists} "$INSTDIR\abide-desktop.exe"
    ClearErrors
    FileOpen $1 "$INSTDIR\abide-desktop.exe" a
    ${If} ${Errors}
      StrCpy $0 running
    ${Else}
      FileClose $1
    ${EndIf}
  ${EndIf}
  ${If} ${FileExists} "$INSTDIR\abide-agent.exe"
    ClearErrors
    FileOpen $1 "$INSTDIR\abide-agent.exe" a
    ${If} ${Errors}
      StrCpy $0 running
    ${Else}
      FileClose $1
    ${EndIf}
  ${EndIf}
  ${If} $0 == running
    MessageBox MB_RETRYCANCEL|MB_ICONEXCLAMATION "{{name}} is running. Quit it from its icon in the taskbar, then choose Retry." /SD IDCANCEL IDRETRY again
    SetErrorLevel 3
    Quit
  ${EndIf}
FunctionEnd
!macroend
!insertmacro NotRunning ""
!insertmacro NotRunning "un."

Function .onInit
  ; An older version does not replace a newer one. Exit code 4.
  ReadRegStr $0 HKCU "${UNINSTALL}" DisplayVersion
  ${If} $0 != ""
    ${VersionCompare} $0 "{{version}}" $1
    ${If} $1 = 1
      MessageBox MB_OK|MB_ICONSTOP "{{name}} $0 is installed, and this is {{version}}. Remove the newer version first. Your accounts and settings stay." /SD IDOK
      SetErrorLevel 4
      Quit
    ${EndIf}
  ${EndIf}
FunctionEnd

; Windows shows the notifications of a program whose entry in the start menu has its identifier.
!macro Identify link
  !insertmacro ComHlpr_CreateInProcInstance ${CLSID_ShellLink} ${IID_IShellLink} r0 ""
  ${If} $0 P<> 0
    ${IUnknown::QueryInterface} $0 '("${IID_IPersistFile}",.r1)'
    ${If} $1 P<> 0
      ${IPersistFile::Load} $1 '("${link}",${STGM_READWRITE})'
      ${IUnknown::QueryInterface} $0 '("${IID_IPropertyStore}",.r2)'
      ${If} $2 P<> 0
        System::Call '*(&w260 "{{identifier}}")p.r3'
        System::Call '*${SYSSTRUCT_PROPERTYKEY}(${PKEY_AppUserModel_ID})p.r4'
        ; A PROPVARIANT of the kind VT_LPWSTR.
        System::Call '*(&i2 31,&i6 0,p r3,&i8 0)p.r5'
        ${IPropertyStore::SetValue} $2 '($4,$5)'
        ${IPropertyStore::Commit} $2 ""
        System::Free $3
        System::Free $4
        System::Free $5
        ${IUnknown::Release} $2 ""
        ${IPersistFile::Save} $1 '("${link}",1)'
      ${EndIf}
      ${IUnknown::Release} $1 ""
    ${EndIf}
    ${IUnknown::Release} $0 ""
  ${EndIf}
!macroend

Section "{{name}}"
  Call NotRunning
  SetOutPath "$INSTDIR"
{{files}}  WriteUninstaller "$INSTDIR\uninstall.exe"
  CreateShortcut "$SMPROGRAMS\{{name}}.lnk" "$INSTDIR\abide-desktop.exe" "" "" "" "" "" "{{summary}}"
  !insertmacro Identify "$SMPROGRAMS\{{name}}.lnk"
  WriteRegStr HKCU "${UNINSTALL}" DisplayName "{{name}}"
  WriteRegStr HKCU "${UNINSTALL}" DisplayVersion "{{version}}"
  WriteRegStr HKCU "${UNINSTALL}" Publisher "{{publisher}}"
  WriteRegStr HKCU "${UNINSTALL}" URLInfoAbout "{{homepage}}"
  WriteRegStr HKCU "${UNINSTALL}" DisplayIcon "$INSTDIR\abide-desktop.exe"
  WriteRegStr HKCU "${UNINSTALL}" InstallLocation "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL}" UninstallString '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKCU "${UNINSTALL}" QuietUninstallString '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKCU "${UNINSTALL}" NoModify 1
  WriteRegDWORD HKCU "${UNINSTALL}" NoRepair 1
  ${GetSize} "$INSTDIR" "/S=0K" $0 $1 $2
  WriteRegDWORD HKCU "${UNINSTALL}" EstimatedSize $0
  ; Links that begin with abide:.
  WriteRegStr HKCU "${LINKS}" "" "URL:{{name}}"
  WriteRegStr HKCU "${LINKS}" "URL Protocol" ""
  WriteRegStr HKCU "${LINKS}\shell\open\command" "" '"$INSTDIR\abide-desktop.exe" "%1"'
  ; The user's PATH. PowerShell writes it, because a text here has at most 1,023 characters.
  nsExec::Exec `powershell -NoProfile -Command "$$d='$INSTDIR'; $$p=[Environment]::GetEnvironmentVariable('Path','User'); if (($$p -split ';') -notcontains $$d) { [Environment]::SetEnvironmentVariable('Path', (@($$p -split ';' | Where-Object { $$_ }) + $$d) -join ';', 'User') }"`
  Pop $0
  ${GetParameters} $0
  ClearErrors
  ${GetOptions} $0 "/AUTOSTART" $1
  ${IfNot} ${Errors}
    WriteRegStr HKCU "${RUN}" "{{name}}" '"$INSTDIR\abide-desktop.exe"'
  ${EndIf}
  ; The window is a WebView2. Windows 11 has it, Windows 10 mostly. Without it the command and the agent work.
  SetRegView 64
  ReadRegStr $0 HKCU "Software\${WEBVIEW2}" pv
  ReadRegStr $1 HKLM "SOFTWARE\WOW6432Node\${WEBVIEW2}" pv
  ${If} "$0$1" == ""
    MessageBox MB_YESNO|MB_ICONQUESTION "{{name}} shows its window with Microsoft Edge WebView2, which this computer does not have. Open Microsoft's page to install it?" /SD IDNO IDNO +2
    ExecShell open "https://go.microsoft.com/fwlink/p/?LinkId=2124703"
  ${EndIf}
SectionEnd

Section Uninstall
  Call un.NotRunning
{{deletes}}  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
  Delete "$SMPROGRAMS\{{name}}.lnk"
  DeleteRegKey HKCU "${UNINSTALL}"
  DeleteRegKey HKCU "${LINKS}"
  DeleteRegValue HKCU "${RUN}" "{{name}}"
  nsExec::Exec `powershell -NoProfile -Command "$$d='$INSTDIR'; $$p=[Environment]::GetEnvironmentVariable('Path','User'); [Environment]::SetEnvironmentVariable('Path', (@($$p -split ';' | Where-Object { $$_ -and $$_ -ne $$d })) -join ';', 'User')"`
  Pop $0
SectionEnd
