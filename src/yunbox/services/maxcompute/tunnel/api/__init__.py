"""The tunnel over HTTP: batch sessions, streams, previews."""
