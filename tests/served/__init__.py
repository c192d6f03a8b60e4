"""The site behind a real server, called over a socket."""
