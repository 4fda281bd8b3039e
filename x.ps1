# Abide on Windows, from a fresh machine: installs what is missing, then hands over to xtask. `./x.ps1 help` lists the
# commands. If scripts are not allowed here: powershell -ExecutionPolicy Bypass -File x.ps1 run
$ErrorActionPreference = 'Stop'
Set-Location $PSScriptRoot

$nodeMinimum = [version]'20.19'
$rustMinimum = [version]((Select-String -Path Cargo.toml -Pattern '^rust-version = "([\d.]+)"').Matches[0].Groups[1].Value + '.0')

$command = if ($args.Count -gt 0) { $args[0] } else { 'help' }
$rest = @($args | Select-Object -Skip 1)

$help = @'
./x.ps1 run [-- ARGS]     build Abide and start it in the tray
./x.ps1 test [FILTER...]  every check and every test there is; with a filter, only the tests of that name
./x.ps1 bench             the figures of docs/performance.md, measured on this machine
./x.ps1 dist              the installer (msi), into target/release/bundle
./x.ps1 setup             only install what all of these need
./x.ps1 ui                build the window's pages
./x.ps1 mutants           whether the tests of the session notice every mistake that can be put into it
./x.ps1 types             write ui/src/lib/wire.ts again, from crates/wire

The first run installs what is missing, with winget: the C++ build tools, Rust, Node.
'@
if ($command -in 'help', '-h', '--help') { Write-Output $help; exit 0 }
if ($command -notin 'run', 'test', 'bench', 'dist', 'setup', 'ui', 'types', 'mutants') {
    Write-Output "x: there is no command `"$command`".`n`n$help"
    exit 2
}

function Update-Path {
    $cargo = if ($env:CARGO_HOME) { "$env:CARGO_HOME\bin" } else { "$env:USERPROFILE\.cargo\bin" }
    $places = @($env:Path -split ';') + $cargo
    foreach ($scope in 'Machine', 'User') { $places += [Environment]::GetEnvironmentVariable('Path', $scope) -split ';' }
    $env:Path = ($places | Where-Object { $_ } | Select-Object -Unique) -join ';'
}

# The version that a program gives itself, or 0.0 when it is not there.
function Get-ProgramVersion([string] $program) {
    if (-not (Get-Command $program -ErrorAction SilentlyContinue)) { return [version]'0.0' }
    $words = & $program --version 2>$null | Out-String
    if ($words -match '(\d+\.\d+\.\d+)') { return [version]$Matches[1] }
    return [version]'0.0'
}

function Install-Package([string] $what, [string] $id, [string] $override) {
    if (-not (Get-Command winget -ErrorAction SilentlyContinue)) {
        Write-Output "x: $what is missing, and so is winget. Install $what by hand, then run ./x.ps1 $command again."
        exit 2
    }
    Write-Output "  installing $what ..."
    $arguments = 'install', '--id', $id, '--exact', '--silent', '--disable-interactivity',
        '--accept-package-agreements', '--accept-source-agreements'
    if ($override) { $arguments += '--override', $override }
    & winget @arguments
    if ($LASTEXITCODE -ne 0) {
        Write-Output "x: winget could not install $what ($id). Install it by hand, then run ./x.ps1 $command again."
        exit 1
    }
    Update-Path
}

function Test-BuildTools {
    $finder = "${env:ProgramFiles(x86)}\Microsoft Visual Studio\Installer\vswhere.exe"
    if (-not (Test-Path $finder)) { return $false }
    $found = & $finder -products '*' -latest -property installationPath `
        -requires Microsoft.VisualStudio.Component.VC.Tools.x86.x64
    return [bool]$found
}

Update-Path
if (-not (Test-BuildTools)) {
    Install-Package 'the C++ build tools' 'Microsoft.VisualStudio.2022.BuildTools' `
        '--quiet --wait --norestart --add Microsoft.VisualStudio.Workload.VCTools --includeRecommended'
}
if ((Get-ProgramVersion cargo) -lt $rustMinimum) {
    if (Get-Command rustup -ErrorAction SilentlyContinue) {
        & rustup toolchain install stable --profile minimal --component clippy --component rustfmt
        $env:RUSTUP_TOOLCHAIN = 'stable'
    } else {
        Install-Package 'Rust' 'Rustlang.Rustup' ''
        & rustup default stable
    }
}
if ($command -in 'test', 'setup' -and (Get-Command rustup -ErrorAction SilentlyContinue)) {
    & cargo clippy --version *> $null; $complete = $LASTEXITCODE -eq 0
    & cargo fmt --version *> $null; $complete = $complete -and $LASTEXITCODE -eq 0
    if (-not $complete) { & rustup component add clippy rustfmt }
}
if ((Get-ProgramVersion cargo) -lt $rustMinimum) {
    Write-Output "x: Abide needs Rust $rustMinimum or newer. Install it (https://rustup.rs), then run ./x.ps1 $command again."
    exit 2
}
if ((Get-ProgramVersion node) -lt $nodeMinimum) { Install-Package 'Node' 'OpenJS.NodeJS.LTS' '' }
$webview = 'SOFTWARE\Microsoft\EdgeUpdate\Clients\{F3017226-FE2A-4295-8BDF-00C3A9A7E4C5}'
if (-not ((Test-Path "HKLM:\$webview") -or (Test-Path "HKCU:\$webview") -or
        (Test-Path ('HKLM:\' + ($webview -replace '^SOFTWARE', 'SOFTWARE\WOW6432Node'))))) {
    Install-Package 'the WebView2 runtime' 'Microsoft.EdgeWebView2Runtime' ''
}

$locked = if ($env:CI) { @('--locked') } else { @() }
& cargo run -q @locked -p xtask -- $command @rest
exit $LASTEXITCODE
