# Sourced by ./configure and the scripts beside it: how this project calls its tools, and where it finds them.

export DOTNET_NOLOGO=1
export DOTNET_CLI_TELEMETRY_OPTOUT=1
export DOTNET_GENERATE_ASPNET_CERTIFICATE=false
export DOTNET_CLI_WORKLOAD_UPDATE_NOTIFY_DISABLE=true
export MSBUILDTERMINALLOGGER=off
# No build server outlives its command.
export MSBUILDDISABLENODEREUSE=1

# Prints "ffmpeg VERSION", or fails where ffmpeg or ffprobe is missing.
ffmpeg_version() {
  command -v ffprobe >/dev/null && ffmpeg -version 2>/dev/null | sed -n '1s/^ffmpeg version \([^ ]*\).*/ffmpeg \1/p'
}

# Prints the versions of an npm that builds the dashboard and of its Node.js, or fails.
npm_version() {
  local node
  command -v npm >/dev/null && node=$(node --version 2>/dev/null) && node=${node#v} && ((${node%%.*} >= 20)) &&
    echo "npm $(npm --version 2>/dev/null), Node.js $node"
}

# Prints the name and version of a Chromium that starts (Ubuntu's package without snap does not), or fails.
chromium_version() {
  local name
  for name in chromium chromium-browser google-chrome google-chrome-stable; do
    if command -v "$name" >/dev/null && "$name" --version 2>/dev/null; then
      return 0
    fi
  done
  return 1
}

# Prints the version of a GStreamer that serves RTSP, from Python, and encodes H.264, or fails.
rtsp_server_version() {
  local python
  for python in /usr/bin/python3 python3; do
    if "$python" - 2>/dev/null <<'PROGRAM'; then
import gi
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gst, GstRtspServer
Gst.init(None)
if not Gst.ElementFactory.find("openh264enc"):
    raise SystemExit(1)
print(Gst.version_string())
PROGRAM
      return 0
    fi
  done
  return 1
}

# Prints the version of a PostgreSQL server that tests can run: on the path, or where Debian keeps it; or fails.
postgresql_version() {
  local folder
  for folder in "$(dirname "$(command -v initdb)")" $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -Vr); do
    if [[ -x $folder/initdb ]] && "$folder/postgres" --version 2>/dev/null; then
      return 0
    fi
  done
  return 1
}

# The built command.
playfair=src/PlayFair.Cli/bin/Release/net10.0/playfair
