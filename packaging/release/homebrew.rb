cask "abide" do
  version "{{version}}"
  sha256 "{{dmg_sha256}}"

  url "{{homepage}}/releases/download/v#{version}/{{dmg_template}}"
  name "{{name}}"
  desc "{{summary}}"
  homepage "{{homepage}}"

  depends_on macos: ">= :big_sur"

  app "{{name}}.app"
  binary "#{appdir}/{{name}}.app/Contents/MacOS/abide"

  uninstall launchctl: "{{agent}}",
            quit:      "{{identifier}}"

  zap trash: [
    "~/Library/Application Support/{{name}}",
    "~/Library/LaunchAgents/{{agent}}.plist",
  ]
end
