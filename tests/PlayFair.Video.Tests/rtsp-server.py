"""A camera: serves moving test pictures as H.264 at rtsp://127.0.0.1:PORT/camera, over TCP and UDP, until it is killed.

Usage: rtsp-server.py PORT [USER PASSWORD]    Prints "ready" when it listens.
"""
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer

Gst.init(None)
server = GstRtspServer.RTSPServer()
server.set_address("127.0.0.1")
server.set_service(sys.argv[1])
factory = GstRtspServer.RTSPMediaFactory()
factory.set_shared(True)
factory.set_launch(
    "( videotestsrc is-live=true pattern=ball ! video/x-raw,width=160,height=120,framerate=25/1"
    " ! openh264enc gop-size=10 ! h264parse ! rtph264pay name=pay0 pt=96 config-interval=-1 )")
if len(sys.argv) == 4:
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    auth.add_basic(GstRtspServer.RTSPAuth.make_basic(sys.argv[2], sys.argv[3]), token)
    server.set_auth(auth)
    for permission in ("media.factory.access", "media.factory.construct"):
        factory.add_role_from_structure(
            Gst.Structure.from_string(f"viewer, media.factory.access=(boolean)true, {permission}=(boolean)true")[0])
server.get_mount_points().add_factory("/camera", factory)
if server.attach(None) == 0:
    sys.exit(f"port {sys.argv[1]} cannot be listened on")
print("ready", flush=True)
GLib.MainLoop().run()
